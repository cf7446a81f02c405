//! A range coder for single bits whose probabilities the other side knows.
//!
//! The interval `low..=high` of 32-bit numbers is split in proportion; the bit says which part goes on. Leading bytes
//! that both ends agree on are written and shifted out. Behind the end of its bytes a reader sees zeros.

/// Something that codes bits: writes those it is given, or finds out what was written.
pub(crate) trait Bits {
    /// Codes a bit that is 1 with a probability of `one` / 65536, and answers it. A reader ignores `bit`.
    fn code(&mut self, one: u32, bit: bool) -> bool;
}

/// Both ends of the interval.
struct Interval {
    low: u32,
    high: u32,
}

impl Interval {
    const WHOLE: Self = Self {
        low: 0,
        high: u32::MAX,
    };

    /// The last number of the lower part, which stands for 1.
    fn middle(&self, one: u32) -> u32 {
        let width = u64::from(self.high - self.low);
        self.low + ((width * u64::from(one)) >> 16) as u32
    }

    fn narrow(&mut self, middle: u32, bit: bool) {
        if bit {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
    }

    /// Shifts out a byte if both ends agree on it.
    fn settled(&mut self) -> Option<u8> {
        if (self.low ^ self.high) >> 24 != 0 {
            return None;
        }
        let byte = (self.low >> 24) as u8;
        self.low <<= 8;
        self.high = self.high << 8 | 0xff;
        Some(byte)
    }
}

/// Writes bits.
pub(crate) struct Writer {
    interval: Interval,
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            interval: Interval::WHOLE,
            bytes: Vec::new(),
        }
    }

    /// The bytes, with just as many at the end as are needed: the rest are zeros, which a reader imagines.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let Interval { low, high } = self.interval;
        if low > 0 {
            let kept = (1..4_u32).find_map(|count| {
                let unit = 1_u32 << (32 - 8 * count);
                let up = low.checked_next_multiple_of(unit)?;
                (up <= high).then_some((up, count as usize))
            });
            let (end, count) = kept.unwrap_or((low, 4));
            self.bytes.extend_from_slice(&end.to_be_bytes()[..count]);
        }
        while self.bytes.last() == Some(&0) {
            self.bytes.pop();
        }
        self.bytes
    }
}

impl Bits for Writer {
    fn code(&mut self, one: u32, bit: bool) -> bool {
        let middle = self.interval.middle(one);
        self.interval.narrow(middle, bit);
        while let Some(byte) = self.interval.settled() {
            self.bytes.push(byte);
        }
        bit
    }
}

/// Reads bits.
pub(crate) struct Reader<'a> {
    interval: Interval,
    value: u32,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self {
            interval: Interval::WHOLE,
            value: 0,
            rest: bytes,
        };
        (0..4).for_each(|_| reader.shift());
        reader
    }

    /// Whether all bytes have been looked at.
    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn shift(&mut self) {
        let byte = self.rest.split_off_first().copied().unwrap_or(0);
        self.value = self.value << 8 | u32::from(byte);
    }
}

impl Bits for Reader<'_> {
    fn code(&mut self, one: u32, _: bool) -> bool {
        let middle = self.interval.middle(one);
        let bit = self.value <= middle;
        self.interval.narrow(middle, bit);
        while self.interval.settled().is_some() {
            self.shift();
        }
        bit
    }
}
