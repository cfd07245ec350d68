package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"time"
)

// screen reads the frame buffer of an Xvfb that was started with -fbdir: a file in the XWD format whose
// pixels are the screen's memory, so that looking costs the programs under test almost nothing.
type screen struct {
	file          *os.File
	offset        int64
	width, height int
	stride        int
}

// Looking: how often, how long nothing may move before the picture counts as final, and which part of
// the pixels may differ from it (a caret, a turning icon).
const (
	lookEvery = 15 * time.Millisecond
	still     = 2500 * time.Millisecond
	moving    = 0.0005
)

func openScreen(file string) (*screen, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	header := make([]byte, 100)
	if _, err := f.ReadAt(header, 0); err != nil {
		return nil, err
	}
	// The header's words: 0 its own size, 4 width, 5 height, 11 bits per pixel, 12 bytes per line, 19 colours.
	word := func(i int) int { return int(binary.BigEndian.Uint32(header[4*i:])) }
	if word(11) != 32 {
		return nil, fmt.Errorf("%d bits per pixel; 32 are needed", word(11))
	}
	return &screen{file: f, offset: int64(word(0) + 12*word(19)), width: word(4), height: word(5), stride: word(12)}, nil
}

func (s *screen) frame() ([]byte, error) {
	pixels := make([]byte, s.stride*s.height)
	_, err := s.file.ReadAt(pixels, s.offset)
	return pixels, err
}

// differ returns which part of the pixels is not the same.
func differ(a, b []byte) float64 {
	n := 0
	for i := 0; i+4 <= len(a); i += 4 {
		if a[i] != b[i] || a[i+1] != b[i+1] || a[i+2] != b[i+2] {
			n++
		}
	}
	return float64(n) / float64(len(a)/4)
}

type seen struct {
	at     time.Time
	pixels []byte
}

// settle waits until nothing moved for d, and gives seen every picture that was new.
func (s *screen) settle(d time.Duration, note func(seen)) error {
	last, err := s.frame()
	if err != nil {
		return err
	}
	since := time.Now()
	for limit := since.Add(30 * time.Second); time.Since(since) < d; time.Sleep(lookEvery) {
		now, err := s.frame()
		if err != nil {
			return err
		}
		at := time.Now()
		if at.After(limit) {
			return errors.New("the screen does not come to rest")
		}
		if differ(last, now) > moving {
			last, since = now, at
			if note != nil {
				note(seen{at, now})
			}
		}
	}
	return nil
}

// watch returns how long after began the screen first looked as it then stayed.
func (s *screen) watch(began time.Time, limit time.Duration, ended <-chan error) (time.Duration, error) {
	before, err := s.frame()
	if err != nil {
		return 0, err
	}
	for {
		now, err := s.frame()
		if err != nil {
			return 0, err
		}
		if differ(before, now) > moving {
			break
		}
		select {
		case err := <-ended:
			return 0, fmt.Errorf("it ended before it showed anything: %w", errors.Join(err, errors.New("no window")))
		case <-time.After(lookEvery):
		}
		if time.Since(began) > limit {
			return 0, errors.New("it showed nothing")
		}
	}
	var pictures []seen
	first, err := s.frame()
	if err != nil {
		return 0, err
	}
	pictures = append(pictures, seen{time.Now(), first})
	if err := s.settle(still, func(p seen) { pictures = append(pictures, p) }); err != nil {
		return 0, err
	}
	final := pictures[len(pictures)-1]
	for i := len(pictures) - 2; i >= 0 && differ(pictures[i].pixels, final.pixels) <= moving; i-- {
		final.at = pictures[i].at
	}
	return final.at.Sub(began), nil
}

// save keeps the picture as it is now.
func (s *screen) save(file string) error {
	pixels, err := s.frame()
	if err != nil {
		return err
	}
	picture := image.NewRGBA(image.Rect(0, 0, s.width, s.height))
	for y := range s.height {
		for x := range s.width {
			p := pixels[y*s.stride+4*x:]
			picture.SetRGBA(x, y, color.RGBA{R: p[2], G: p[1], B: p[0], A: 255})
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(out, picture), out.Close())
}
