//! Line charts as SVG. Colours come from the page's style, so that they follow light and dark.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;

/// How an axis is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Evenly.
    Even,
    /// Each mark is ten times the one before.
    Log,
    /// Evenly, in milliseconds shown as a clock.
    Clock,
}

/// An axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// What stands beside it.
    pub(crate) label: String,
    /// How it is divided.
    pub(crate) scale: Scale,
}

/// A line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// What the legend calls it.
    pub(crate) name: String,
    /// Which of the page's colours it has.
    pub(crate) colour: usize,
    /// Its points, by x.
    pub(crate) points: Vec<(f64, f64)>,
    /// Lower and upper bounds at the same places, if they are known.
    pub(crate) bounds: Vec<(f64, f64)>,
    /// Whether it stays as it is until the next point.
    pub(crate) steps: bool,
}

/// A chart.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// Above it.
    pub(crate) title: String,
    /// Below it.
    pub(crate) caption: String,
    /// The horizontal axis.
    pub(crate) x: Axis,
    /// The vertical axis.
    pub(crate) y: Axis,
    /// From where on it is calm, if it shows that.
    pub(crate) calm: Option<f64>,
    /// The lines, the most important last.
    pub(crate) lines: Vec<Line>,
}

/// Where values lie on the paper.
struct Span {
    scale: Scale,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Chart {
    /// The chart with its title, legend and caption.
    pub(crate) fn figure(&self) -> Markup {
        html! {
            figure {
                h3 { (self.title) }
                @if self.lines.len() > 1 {
                    div.legend {
                        @for line in self.lines.iter().rev() {
                            span { i style={ "background:var(--r" (line.colour % 8) ")" } {} (line.name) }
                        }
                    }
                }
                (PreEscaped(self.svg()))
                figcaption { (self.caption) }
            }
        }
    }

    fn svg(&self) -> String {
        let xs = self
            .lines
            .iter()
            .flat_map(|line| line.points.iter().map(|point| point.0));
        let ys = self.lines.iter().flat_map(|line| {
            let bounds = line.bounds.iter().flat_map(|&(low, high)| [low, high]);
            line.points.iter().map(|point| point.1).chain(bounds)
        });
        let x = Span::new(self.x.scale, xs, LEFT, WIDTH - RIGHT, false);
        let y = Span::new(self.y.scale, ys, HEIGHT - BOTTOM, TOP, true);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escaped(&self.title)
        );
        self.draw_grid(&mut svg, &x, &y);
        for line in &self.lines {
            draw_line(&mut svg, line, &x, &y);
        }
        svg.push_str("</svg>");
        svg
    }

    fn draw_grid(&self, svg: &mut String, x: &Span, y: &Span) {
        let (left, right, top, bottom) = (LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM);
        if let Some(calm) = self.calm {
            let at = x.place(calm).clamp(left, right);
            let _ = write!(
                svg,
                "<rect class=\"calm\" x=\"{at:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                right - at,
                bottom - top
            );
        }
        for tick in y.ticks(5) {
            let at = y.place(tick);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                at + 4.0,
                y.label(tick)
            );
        }
        for tick in x.ticks(6) {
            let at = x.place(tick);
            let _ = write!(
                svg,
                "<line class=\"axis\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{bottom}\" y2=\"{:.1}\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
                bottom + 4.0,
                bottom + 17.0,
                anchor(at, right),
                x.label(tick)
            );
        }
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{left}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\"/><text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            HEIGHT - 5.0,
            escaped(&self.x.label)
        );
    }
}

fn draw_line(svg: &mut String, line: &Line, x: &Span, y: &Span) {
    let colour = line.colour % 8;
    if line.bounds.len() == line.points.len() && line.bounds.len() > 1 {
        let pairs = || line.points.iter().zip(&line.bounds);
        let upper = pairs().map(|(point, bound)| (x.place(point.0), y.place(bound.1)));
        let lower = pairs()
            .rev()
            .map(|(point, bound)| (x.place(point.0), y.place(bound.0)));
        let outline: Vec<String> = upper
            .chain(lower)
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = write!(
            svg,
            "<polygon class=\"band\" style=\"fill:var(--r{colour})\" points=\"{}\"/>",
            outline.join(" ")
        );
    }
    let mut path = String::new();
    let mut before: Option<(f64, f64)> = None;
    for &(px, py) in &line.points {
        let (px, py) = (x.place(px), y.place(py));
        match before {
            None => {
                let _ = write!(path, "M{px:.1} {py:.1}");
            }
            Some((_, level)) if line.steps => {
                let _ = write!(path, "L{px:.1} {level:.1}L{px:.1} {py:.1}");
            }
            Some(_) => {
                let _ = write!(path, "L{px:.1} {py:.1}");
            }
        }
        before = Some((px, py));
    }
    let name = escaped(&line.name);
    let _ = write!(
        svg,
        "<path class=\"curve\" style=\"stroke:var(--r{colour})\" d=\"{path}\"><title>{name}</title></path>"
    );
    if !line.steps && line.points.len() <= 12 {
        for &(px, py) in &line.points {
            let (cx, cy) = (x.place(px), y.place(py));
            let _ = write!(
                svg,
                "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"3\" style=\"fill:var(--r{colour})\"><title>{name}: {}</title></circle>",
                y.label(py)
            );
        }
    }
}

impl Span {
    /// Over all values; from zero on, if asked and even.
    fn new(
        scale: Scale,
        values: impl Iterator<Item = f64>,
        from: f64,
        to: f64,
        zero: bool,
    ) -> Self {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let usable = values
            .iter()
            .copied()
            .filter(|value| scale != Scale::Log || *value > 0.0);
        let (mut low, mut high) = usable.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            (low, high) = (0.1, 1.0);
        }
        if zero && scale != Scale::Log {
            low = low.min(0.0);
        }
        if scale == Scale::Log {
            low = 10_f64.powf(low.log10().floor());
            high = 10_f64.powf(high.log10().ceil()).max(low * 10.0);
        } else if high <= low {
            high = low + 1.0;
        } else if zero {
            high += (high - low) * 0.05;
        }
        Self {
            scale,
            low,
            high,
            from,
            to,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Even | Scale::Clock => (value - self.low) / (self.high - self.low),
            Scale::Log => (value.max(self.low) / self.low).log10() / (self.high / self.low).log10(),
        };
        self.from + share * (self.to - self.from)
    }

    /// About so many round values.
    fn ticks(&self, about: usize) -> Vec<f64> {
        match self.scale {
            Scale::Log => decades(self.low, self.high),
            Scale::Clock => even(
                self.low,
                self.high,
                clock_step((self.high - self.low) / about as f64),
            ),
            Scale::Even => even(
                self.low,
                self.high,
                round_step((self.high - self.low) / about as f64),
            ),
        }
    }

    fn label(&self, value: f64) -> String {
        match self.scale {
            Scale::Clock => super::clock_label(value),
            Scale::Even | Scale::Log => thousands(value),
        }
    }
}

fn even(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last)
        .take(50)
        .map(|number| number as f64 * step)
        .collect()
}

fn decades(low: f64, high: f64) -> Vec<f64> {
    let (first, last) = (low.log10().round() as i32, high.log10().round() as i32);
    (first..=last).map(|power| 10_f64.powi(power)).collect()
}

fn round_step(step: f64) -> f64 {
    let size = 10_f64.powf(step.max(1e-12).log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|round| round * size >= step * 0.999);
    round.unwrap_or(10.0) * size
}

fn clock_step(step: f64) -> f64 {
    let seconds = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 86_400,
    ];
    let ms = seconds
        .into_iter()
        .map(|seconds| f64::from(seconds) * 1000.0);
    let mut ms = ms.filter(|&ms| ms >= step * 0.8);
    ms.next().unwrap_or(86_400_000.0)
}

/// `12k` for twelve thousand, so that labels stay short.
fn thousands(value: f64) -> String {
    match value.abs() {
        large if large >= 1e6 => format!("{}M", crate::rows::number_shown(value / 1e6)),
        large if large >= 1e4 => format!("{}k", crate::rows::number_shown(value / 1e3)),
        _ => crate::rows::number_shown(value),
    }
}

/// A label at the right edge ends there, others are in the middle of their mark.
pub(crate) fn anchor(at: f64, right: f64) -> &'static str {
    if at > right - 14.0 { "end" } else { "middle" }
}

/// Text inside SVG.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_an_axis_are_round() {
        let span = Span::new(Scale::Even, [0.0, 87.0].into_iter(), 0.0, 1.0, true);
        assert_eq!(span.ticks(5), [0.0, 20.0, 40.0, 60.0, 80.0]);
        let span = Span::new(Scale::Log, [3.0, 4000.0].into_iter(), 0.0, 1.0, false);
        assert_eq!(span.ticks(5), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        let span = Span::new(Scale::Clock, [0.0, 600_000.0].into_iter(), 0.0, 1.0, false);
        assert_eq!(span.ticks(5).len(), 6);
    }

    #[test]
    fn a_chart_of_nothing_is_drawn_all_the_same() {
        let axis = |scale| Axis {
            label: "<x>".to_owned(),
            scale,
        };
        for scale in [Scale::Even, Scale::Log, Scale::Clock] {
            let chart = Chart {
                title: "nothing \"&\"".to_owned(),
                caption: String::new(),
                x: axis(scale),
                y: axis(scale),
                calm: Some(1.0),
                lines: vec![Line::default()],
            };
            let svg = chart.figure().into_string();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.contains("&lt;x&gt;"), "{svg}");
        }
    }
}
