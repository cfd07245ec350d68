package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

//go:embed skeleton
var skeletons embed.FS

// The kinds of skeleton.
const (
	SkeletonKey    = "key"
	SkeletonOAuth2 = "oauth2"
)

// Skeleton writes the folder of a new provider below own, with a provider.yaml that loads, cases and
// guides to fill in, and returns its path; beside it goes the schema that editors check it by. kind is SkeletonKey or
// SkeletonOAuth2. What is there already is never replaced: the error then is fs.ErrExist.
func Skeleton(own, id, name, kind string) (string, error) {
	if !providerID.MatchString(id) {
		return "", inputError("id", "pattern", id)
	}
	folder := filepath.Join(own, id)
	if err := os.MkdirAll(own, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of own providers: %w", err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the provider's folder: %w", err)
	}
	root := path.Join("skeleton", kind)
	files, err := skeletons.ReadDir(root)
	if err != nil {
		return "", fmt.Errorf("skeleton %q: %w", kind, err)
	}
	quoted, _ := escaped(EscapeJSON, "", piece{}, name) // JSON's way of quoting is one of YAML's
	data := strings.NewReplacer("id: ID\n", "id: "+id+"\n", "NAME", quoted)
	words := strings.NewReplacer("NAME", name)
	for _, f := range files {
		text, err := skeletons.ReadFile(path.Join(root, f.Name()))
		if err != nil {
			return "", fmt.Errorf("read the skeleton: %w", err)
		}
		fill := data
		if path.Ext(f.Name()) == ".md" {
			fill = words
		}
		if err := write(filepath.Join(folder, f.Name()), []byte(fill.Replace(string(text)))); err != nil {
			return "", err
		}
	}
	err = write(filepath.Join(own, "schema.json"), schema)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return folder, err
}

// write makes a new file.
func write(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(file), err)
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
