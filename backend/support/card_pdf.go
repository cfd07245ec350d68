package support

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"relink/backend/locale"
)

// The measures of the page, in millimetres and points.
const (
	pdfMargin  = 22.0
	pdfIndent  = 8.0
	pdfBox     = 3.2
	pdfLine    = 5.6
	pdfSize    = 11.0
	pdfTitle   = 17.0
	pdfHeading = 12.0
)

// PDF is the card as a page to print or attach (fpdf, which draws without another program). Its fonts are
// the Go fonts, which are part of it: they carry the letters of European languages, Portuguese among them.
func (c Card) PDF(p locale.Printer) ([]byte, error) {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCompression(false) // so that whoever looks for a secret in the file looks at all of it
	pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
	pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	pdf.SetMargins(pdfMargin, pdfMargin, pdfMargin)
	pdf.SetAutoPageBreak(true, pdfMargin)
	pdf.SetLang(p.Lang())
	lines := c.Lines(p)
	pdf.SetTitle(lines[0].Text, true)
	pdf.SetCreator("Relink", true)
	pdf.AddPage()
	step := 0
	for _, l := range lines {
		if l.Kind != LineStep && l.Kind != LineLink {
			step = 0
		}
		if l.Kind == LineStep {
			step++
		}
		draw(pdf, l, step)
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("write the card: %w", err)
	}
	return out.Bytes(), nil
}

// draw sets one line; step is its number where it has one.
func draw(pdf *fpdf.Fpdf, l Line, step int) {
	pdf.SetTextColor(28, 25, 23)
	switch l.Kind {
	case LineTitle:
		pdf.SetFont("go", "B", pdfTitle)
		pdf.MultiCell(0, 8, l.Text, "", "L", false)
		pdf.Ln(3)
	case LineHeading:
		pdf.Ln(3)
		pdf.SetFont("go", "B", pdfHeading)
		pdf.MultiCell(0, pdfLine+1, l.Text, "", "L", false)
	case LineStep:
		pdf.SetFont("go", "", pdfSize)
		pdf.CellFormat(pdfIndent, pdfLine, strconv.Itoa(step)+".", "", 0, "L", false, 0, "")
		indented(pdf, l.Text)
	case LineLink:
		pdf.SetFont("go", "", pdfSize)
		pdf.SetTextColor(29, 78, 216)
		pdf.SetX(pdfMargin + pdfIndent)
		indented(pdf, l.Text)
	case LineBox:
		pdf.SetFont("go", "", pdfSize)
		pdf.Rect(pdfMargin+1, pdf.GetY()+(pdfLine-pdfBox)/2, pdfBox, pdfBox, "D")
		pdf.SetX(pdfMargin + pdfIndent)
		indented(pdf, l.Text+note(l))
	default:
		pdf.SetFont("go", "", pdfSize)
		pdf.MultiCell(0, pdfLine, l.Text, "", "L", false)
		pdf.Ln(1)
	}
}

// indented sets text beside a number or a box, also where it has several lines.
func indented(pdf *fpdf.Fpdf, text string) {
	left, _, _, _ := pdf.GetMargins()
	pdf.SetLeftMargin(pdfMargin + pdfIndent)
	pdf.MultiCell(0, pdfLine, text, "", "L", false)
	pdf.SetLeftMargin(left)
	pdf.SetX(left)
	pdf.Ln(0.8)
}
