package window

import "time"

func nextDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return dayAfter(t, y, m, d+1)
}

func nextWeek(t time.Time) time.Time {
	y, m, d := t.Date()
	sinceMonday := (int(t.Weekday()) + 6) % 7
	return dayAfter(t, y, m, d-sinceMonday+7)
}

func nextMonth(t time.Time) time.Time {
	y, m, _ := t.Date()
	return dayAfter(t, y, m+1, 1)
}

// dayAfter is the first instant of a day, which comes after t; of the day after it where the zone
// left that one out.
func dayAfter(t time.Time, y int, m time.Month, d int) time.Time {
	for ; ; d++ {
		if first := firstOf(y, m, d, t.Location()); first.After(t) {
			return first
		}
	}
}

// nextHour goes by the clock: where that is moved within an hour, the hour ends with it.
func nextHour(t time.Time) time.Time {
	next := t.Add(time.Hour - sinceHour(t))
	if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(next) {
		if change = change.In(t.Location()); sinceHour(change) > 0 {
			return change.Add(time.Hour - sinceHour(change))
		}
		return change
	}
	return next
}

// sinceHour is the time on the clock since the last full hour.
func sinceHour(t time.Time) time.Duration {
	return time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// firstOf is the first instant of a day in zone. Clocks may be moved at midnight: then a day
// begins later than at 00:00, or has that twice.
func firstOf(y int, m time.Month, d int, zone *time.Location) time.Time {
	noon := time.Date(y, m, d, 12, 0, 0, 0, time.UTC) // the date as a number of days
	y, m, d = noon.Date()
	first := earliest(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), zone)
	if ly, lm, ld := first.Date(); time.Date(ly, lm, ld, 12, 0, 0, 0, time.UTC).Before(noon) {
		if _, change := first.ZoneBounds(); !change.IsZero() {
			return change.In(zone)
		}
	}
	return first
}

// earliest is the first instant at which the clock of zone shows what wall shows in UTC. A
// time that the clock leaves out is taken as if it had not been moved yet.
func earliest(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	change, _ := t.ZoneBounds()
	if change.IsZero() {
		return t
	}
	_, before := change.Add(-1).In(zone).Zone()
	if alt := wall.Add(-time.Duration(before) * time.Second).In(zone); alt.Before(change) && shows(alt, wall) {
		return alt
	}
	return t
}

func shows(t, wall time.Time) bool {
	y, m, d := t.Date()
	wy, wm, wd := wall.Date()
	return y == wy && m == wm && d == wd && t.Hour() == wall.Hour() && t.Minute() == wall.Minute() && t.Second() == wall.Second()
}
