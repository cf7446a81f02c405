//! Line charts with intervals, as SVG, drawn by hand so that the same numbers give the same bytes.

use plotters::prelude::*;

use super::estimate::{Estimate, short};

const WIDTH: u32 = 900;
const HEIGHT: u32 = 420;
const LEFT: i32 = 80;
const RIGHT: i32 = 640;
const TOP: i32 = 60;
const BOTTOM: i32 = 360;
const INK: RGBColor = RGBColor(40, 44, 52);
const FAINT: RGBColor = RGBColor(120, 126, 138);

/// Told apart by people who do not see red and green as different, too.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
    RGBColor(150, 60, 30),
];

/// A chart.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) x: String,
    pub(super) y: String,
    /// Whether each axis counts powers of ten.
    pub(super) logarithmic: (bool, bool),
    pub(super) lines: Vec<Line>,
}

/// One line of it.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, Estimate)>,
}

/// An axis: from which value to which, and from which place to which.
struct Axis {
    logarithmic: bool,
    values: (f64, f64),
    places: (i32, i32),
}

impl Chart {
    /// The chart as the text of an SVG file; empty if nothing can be drawn of it.
    pub(super) fn svg(&self) -> String {
        let mut text = String::new();
        match self.draw(&mut text) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }

    fn draw(&self, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::with_string(text, (WIDTH, HEIGHT)).into_drawing_area();
        area.fill(&WHITE)?;
        area.draw(&Text::new(self.title.clone(), (16, 16), style(17, INK)))?;
        area.draw(&Text::new(self.y.clone(), (16, 40), style(13, FAINT)))?;
        area.draw(&Text::new(
            self.x.clone(),
            (LEFT, BOTTOM + 32),
            style(13, FAINT),
        ))?;
        let (x, y) = (self.x_axis(), self.y_axis());
        for value in x.marks() {
            area.draw(&PathElement::new(
                [(x.place(value), TOP), (x.place(value), BOTTOM)],
                FAINT.mix(0.3),
            ))?;
            area.draw(&Text::new(
                short(value),
                (x.place(value) - 8, BOTTOM + 10),
                style(12, FAINT),
            ))?;
        }
        for value in y.marks() {
            area.draw(&PathElement::new(
                [(LEFT, y.place(value)), (RIGHT, y.place(value))],
                FAINT.mix(0.3),
            ))?;
            area.draw(&Text::new(
                short(value),
                (24, y.place(value) - 6),
                style(12, FAINT),
            ))?;
        }
        for (number, (line, colour)) in self.lines.iter().zip(COLOURS.iter().cycle()).enumerate() {
            let drawn = line
                .points
                .iter()
                .filter(|(_, estimate)| y.has(estimate.value));
            let places: Vec<(i32, i32)> = drawn
                .clone()
                .map(|(at, estimate)| (x.place(*at), y.place(estimate.value)))
                .collect();
            for ((at, estimate), place) in drawn.zip(&places) {
                let bar = [
                    (x.place(*at), y.place(estimate.low)),
                    (x.place(*at), y.place(estimate.high)),
                ];
                area.draw(&PathElement::new(bar, colour.mix(0.6).stroke_width(1)))?;
                area.draw(&Circle::new(*place, 3, colour.filled()))?;
            }
            area.draw(&PathElement::new(places, colour.stroke_width(2)))?;
            let at = (RIGHT + 20, TOP + 22 * number as i32);
            area.draw(&Text::new(line.name.clone(), at, style(13, *colour)))?;
        }
        area.present()?;
        Ok(())
    }

    fn x_axis(&self) -> Axis {
        let xs = self
            .lines
            .iter()
            .flat_map(|line| &line.points)
            .map(|(x, _)| *x);
        Axis::over(xs, self.logarithmic.0, (LEFT, RIGHT))
    }

    fn y_axis(&self) -> Axis {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let ys = points().flat_map(|(_, estimate)| [estimate.value, estimate.high]);
        // From nothing, where there is a nothing.
        let ys = ys.chain((!self.logarithmic.1).then_some(0.0));
        Axis::over(ys, self.logarithmic.1, (BOTTOM, TOP))
    }
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, logarithmic: bool, places: (i32, i32)) -> Self {
        let values = values.filter(|value| !logarithmic || *value > 0.0);
        let (least, most) = values.fold((f64::MAX, f64::MIN), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        let (least, most) = if least > most {
            (1.0, 10.0)
        } else {
            (least, most)
        };
        let values = if logarithmic {
            (
                10f64.powf(least.log10().floor()),
                10f64.powf(most.log10().ceil()),
            )
        } else {
            (least, if most > least { most } else { least + 1.0 })
        };
        Self {
            logarithmic,
            values,
            places,
        }
    }

    fn has(&self, value: f64) -> bool {
        !self.logarithmic || value > 0.0
    }

    fn place(&self, value: f64) -> i32 {
        let scaled = |value: f64| {
            if self.logarithmic {
                value.max(self.values.0).log10()
            } else {
                value
            }
        };
        let (from, to) = (scaled(self.values.0), scaled(self.values.1));
        let share = if to > from {
            (scaled(value) - from) / (to - from)
        } else {
            0.0
        };
        let (first, last) = (f64::from(self.places.0), f64::from(self.places.1));
        (first + share * (last - first)).round() as i32
    }

    fn marks(&self) -> Vec<f64> {
        let (least, most) = self.values;
        if self.logarithmic {
            let powers = least.log10().round() as i32..=most.log10().round() as i32;
            return powers.map(|power| 10f64.powi(power)).collect();
        }
        (0..=4)
            .map(|mark| least + (most - least) * f64::from(mark) / 4.0)
            .collect()
    }
}

fn style(size: i32, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_names_its_lines_and_axes() {
        let exactly = |value| Estimate {
            value,
            low: value,
            high: value,
        };
        let svg = Chart {
            title: "Bytes".to_owned(),
            x: "missing changes".to_owned(),
            y: "bytes".to_owned(),
            logarithmic: (true, true),
            lines: vec![Line {
                name: "ours".to_owned(),
                points: vec![(1.0, exactly(10.0)), (100.0, exactly(1_000.0))],
            }],
        }
        .svg();
        for word in ["Bytes", "missing changes", "ours", "1000"] {
            assert!(svg.contains(word), "{word}");
        }
    }
}
