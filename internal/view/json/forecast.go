package json

import "github.com/linger-dev/linger/internal/forecast"

// ForecastSchema names the object of a forecast.
const ForecastSchema = "linger.forecast/1"

// Forecast writes the object of a forecast.
func (r *Reporter) Forecast(f forecast.Forecast) error {
	return r.write(struct {
		Schema string `json:"schema"`
		forecast.Forecast
	}{ForecastSchema, f})
}
