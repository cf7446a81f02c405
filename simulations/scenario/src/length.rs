//! How long things last, when that is drawn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::draw::Dice;
use crate::span::Span;

/// How long something lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Length {
    /// Always the same.
    Fixed(Span),
    /// Anything between two bounds, equally likely.
    #[serde(rename_all = "camelCase")]
    Uniform {
        /// At least.
        min: Span,
        /// At most.
        max: Span,
    },
    /// Mostly short, sometimes long, without memory.
    Exponential {
        /// The mean.
        mean: Span,
    },
    /// Mostly near the median, seldom much longer: how failures of networks are reported.
    LogNormal {
        /// Half of them are shorter.
        median: Span,
        /// The standard deviation of the logarithm; 1 makes one in six longer than 2.7 medians.
        sigma: f64,
    },
}

impl Length {
    /// Draws one, in milliseconds; at least 1.
    pub(crate) fn draw(&self, dice: &mut Dice) -> u64 {
        let ms = match self {
            Self::Fixed(span) => span.ms(),
            Self::Uniform { min, max } => dice.between(min.ms(), max.ms()),
            Self::Exponential { mean } => dice.exponential_ms(mean.ms()),
            Self::LogNormal { median, sigma } => dice.log_normal_ms(median.ms(), *sigma),
        };
        ms.max(1)
    }
}
