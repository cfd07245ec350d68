package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// row is one line of the outcome.
type row struct {
	ID     string    `json:"id"`
	What   string    `json:"what"`
	Value  float64   `json:"value"`
	Unit   string    `json:"unit"`
	Limit  float64   `json:"limit,omitempty"` // at most; 0: nothing is demanded
	Anchor string    `json:"anchor,omitempty"`
	Pairs  int       `json:"pairs,omitempty"`
	Low    float64   `json:"low,omitempty"`
	High   float64   `json:"high,omitempty"`
	Raw    []float64 `json:"raw,omitempty"`
	Failed string    `json:"failed,omitempty"` // why there is no value
}

func (r row) passed() bool { return r.Failed == "" && (r.Limit == 0 || r.Value <= r.Limit) }

// ratios makes a row of the ratio of the two medians, with the least and the greatest ratio of a pair.
func ratios(id, what string, limit float64, anchor string, of, over []float64) row {
	raw := make([]float64, len(of))
	for i := range of {
		raw[i] = of[i] / over[i]
	}
	r := spread(row{ID: id, What: what, Unit: "x", Limit: limit, Anchor: anchor}, raw)
	if r.Failed == "" {
		r.Value = median(of) / median(over)
	}
	return r
}

// spread fills in the median, the range and the raw values.
func spread(r row, raw []float64) row {
	r.Value, r.Raw, r.Pairs = median(raw), raw, len(raw)
	if len(raw) == 0 {
		r.Failed = "nothing was measured"
		return r
	}
	r.Low, r.High = slices.Min(raw), slices.Max(raw)
	return r
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// write prints every row as a line of JSON, then all of them as a table; it says whether all passed.
func write(w io.Writer, lines io.Writer, rows []row) bool {
	encoder := json.NewEncoder(lines)
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "\t\tvalue\tat most\trange\tpairs\tmeasured against")
	all := true
	for _, r := range rows {
		if r.Failed != "" {
			r.Value = 0
		}
		_ = encoder.Encode(r)
		word := "pass"
		if !r.passed() {
			word, all = "FAIL", false
		} else if r.Limit == 0 {
			word = "tell"
		}
		limit, between, pairs := "", "", ""
		if r.Limit != 0 {
			limit = fmt.Sprintf("%.4g %s", r.Limit, r.Unit)
		}
		if r.Pairs > 1 {
			between, pairs = fmt.Sprintf("%.4g-%.4g", r.Low, r.High), fmt.Sprint(r.Pairs)
		}
		value := fmt.Sprintf("%.4g %s", r.Value, r.Unit)
		if r.Failed != "" {
			value = r.Failed
		}
		fmt.Fprintf(table, "%s %s\t%s\t%s\t%s\t%s\t%s\t%s\n", word, r.ID, r.What, value, limit, between, pairs, r.Anchor)
	}
	_ = table.Flush()
	return all
}
