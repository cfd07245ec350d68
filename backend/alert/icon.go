package alert

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
)

// Mood is what the tray icon says at a glance: by its colour, and by its shape for whoever does not
// see the colour.
type Mood string

// The moods, from well to worst.
const (
	MoodUnknown Mood = "unknown" // grey ring: nothing is known, or nothing is watched
	MoodWell    Mood = "well"    // green disc with a tick
	MoodWaiting Mood = "waiting" // amber triangle: something fails that time may mend
	MoodBroken  Mood = "broken"  // red square with a cross: a person is needed
)

// samples is how often a pixel is looked at in each direction, for smooth edges.
const samples = 4

// draw paints the mood's icon, size × size pixels.
func draw(m Mood, size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			img.SetNRGBA(x, y, pixel(m, x, y, size))
		}
	}
	return img
}

// pixel mixes what is seen at the sample points of one pixel.
func pixel(m Mood, x, y, size int) color.NRGBA {
	var r, g, b, a int
	for i := range samples * samples {
		fx := (float64(x) + (float64(i%samples)+0.5)/samples) / float64(size)
		fy := (float64(y) + (float64(i/samples)+0.5)/samples) / float64(size)
		c := at(m, fx, fy)
		r, g, b, a = r+int(c.R)*int(c.A), g+int(c.G)*int(c.A), b+int(c.B)*int(c.A), a+int(c.A)
	}
	if a == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), uint8(a / (samples * samples))}
}

// at is the colour at a point of the unit square.
func at(m Mood, x, y float64) color.NRGBA {
	white := color.NRGBA{255, 255, 255, 255}
	cx, cy := x-0.5, y-0.5
	far := math.Hypot(cx, cy)
	switch m {
	case MoodWell:
		switch {
		case near(x, y, 0.28, 0.53, 0.44, 0.69, 0.06), near(x, y, 0.44, 0.69, 0.73, 0.34, 0.06):
			return white
		case far < 0.47:
			return color.NRGBA{22, 128, 61, 255}
		}
	case MoodWaiting:
		switch {
		case near(x, y, 0.5, 0.38, 0.5, 0.62, 0.055), math.Hypot(cx, y-0.78) < 0.065:
			return white
		case y > 0.06 && y < 0.94 && math.Abs(cx) < (y-0.06)*0.55:
			return color.NRGBA{180, 83, 9, 255}
		}
	case MoodBroken:
		switch {
		case near(x, y, 0.33, 0.33, 0.67, 0.67, 0.07), near(x, y, 0.67, 0.33, 0.33, 0.67, 0.07):
			return white
		case math.Max(math.Abs(cx), math.Abs(cy)) < 0.45 && math.Abs(cx)+math.Abs(cy) < 0.8:
			return color.NRGBA{200, 30, 30, 255}
		}
	default:
		if far < 0.45 && far > 0.29 {
			return color.NRGBA{115, 115, 125, 255}
		}
	}
	return color.NRGBA{}
}

// near says whether a point is within width of a line.
func near(x, y, x0, y0, x1, y1, width float64) bool {
	dx, dy := x1-x0, y1-y0
	t := math.Max(0, math.Min(1, ((x-x0)*dx+(y-y0)*dy)/(dx*dx+dy*dy)))
	return math.Hypot(x-x0-t*dx, y-y0-t*dy) < width
}

// pngIcon is the mood's icon as the trays of Linux and macOS take it.
func pngIcon(m Mood) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, draw(m, 48))
	return b.Bytes(), err
}

// icoIcon is the mood's icon as Windows' tray takes it: a directory of uncompressed images, each
// with its rows from the bottom up and an empty mask behind.
func icoIcon(m Mood) ([]byte, error) {
	sizes := []int{16, 32, 48}
	var head, body bytes.Buffer
	le := binary.LittleEndian
	head.Write([]byte{0, 0, 1, 0, byte(len(sizes)), 0})
	for _, size := range sizes {
		start := body.Len()
		mask := (size + 31) / 32 * 4 * size
		for _, v := range []any{uint32(40), int32(size), int32(2 * size), uint16(1), uint16(32), uint32(0), uint32(4*size*size + mask), [4]uint32{}} {
			if err := binary.Write(&body, le, v); err != nil {
				return nil, err
			}
		}
		img := draw(m, size)
		for y := size - 1; y >= 0; y-- {
			for x := range size {
				c := img.NRGBAAt(x, y)
				body.Write([]byte{c.B, c.G, c.R, c.A})
			}
		}
		body.Write(make([]byte, mask))
		for _, v := range []any{uint8(size), uint8(size), uint16(0), uint16(1), uint16(32), uint32(body.Len() - start), uint32(6 + 16*len(sizes) + start)} {
			if err := binary.Write(&head, le, v); err != nil {
				return nil, err
			}
		}
	}
	return append(head.Bytes(), body.Bytes()...), nil
}
