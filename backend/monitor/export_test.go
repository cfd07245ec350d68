package monitor

import (
	"context"
	"time"
)

// RenewDue is a turn of the sweep that renews grants.
func (m *Monitor) RenewDue(ctx context.Context) time.Duration { return m.renewDue(ctx) }
