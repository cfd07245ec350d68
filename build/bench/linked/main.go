// Command linked is the bench's bare window with the libraries linked that Relink links, and none of
// Relink's own code.
//
// # Why
// The size of a program in Go is mostly that of its libraries. Compared with this one, built in the
// same run with the same flags, Relink's binary shows what Relink itself adds.
package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
)

//go:embed frontend
var frontend embed.FS

// Hello is what the page can ask.
type Hello struct{}

// Answer returns the text that the page shows.
func (Hello) Answer(name string) string { return "hello " + name }

func main() {
	if len(os.Args) > 1 {
		// Never run by the bench; the linker cannot know that.
		if err := use(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	page, err := fs.Sub(frontend, "frontend")
	if err == nil {
		err = wails.Run(&options.App{
			Title: "hello", Width: 1120, Height: 760, // as large as Relink
			AssetServer: &assetserver.Options{Assets: page},
			Bind:        []any{&Hello{}},
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
