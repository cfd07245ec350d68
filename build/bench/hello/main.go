// Command hello is the least that a Wails window can be: one page, one bound method.
//
// # Why
// How long a window takes depends on the machine and on the minute. Relink's start is compared with
// this one, started in turn with it.
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
