//! What comes next, guessed from what came before.
//!
//! A symbol is coded bit by bit. Each bit is looked up in several contexts; the counter of each holds a probability.
//! The logarithms of their odds are added with weights, and the sum says with which probability the range coder codes
//! the bit. Then counters and weights learn. Everything is done in whole numbers, so every machine learns the same.

use crate::range::Coder;
use crate::symbol::Symbol;

/// Contexts of one symbol, at most.
const CONTEXTS_MAX: usize = 7;

/// 2^64 divided by the golden ratio: multiplying by it scatters.
const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;

/// How many bits a counter remembers: it always learns at least one part in this many from a bit.
const MEMORY: u32 = 127;

/// How much of the way to a bit a counter goes that has seen so many: 2 of twice as many and three, in parts of 2^32,
/// rounded up. A way is shorter than 2^22 and all that is divided by below 2^9, so the product is never rounded wrongly.
static STEPS: [u64; MEMORY as usize + 1] = {
    let mut table = [0; MEMORY as usize + 1];
    let mut count = 0;
    while count < table.len() {
        table[count] = 2 * (1_u64 << 32).div_ceil(2 * count as u64 + 3);
        count += 1;
    }
    table
};

/// The weight that every input begins with, of 65536.
const WEIGHT: i32 = 24_576;

/// How far a weight may go.
const WEIGHT_MAX: i32 = 1 << 20;

/// The parts of a context.
pub(crate) type Parts<'a> = &'a [u64];

/// A number for a list that is longer by one; that of the empty list is 0.
pub(crate) const fn join_one(hash: u64, part: u64) -> u64 {
    let mixed = (hash ^ part).wrapping_add(SCATTER).wrapping_mul(SCATTER);
    mixed ^ mixed >> 29
}

/// Codes symbols, and learns from each.
pub(crate) struct Model<'a> {
    bits: Coder<'a>,
    /// Counters by hash of context and place in the symbol; whichever hash alike share one.
    counters: Vec<Counter>,
    /// How far a hash is shifted to become a place among the counters.
    shift: u32,
    /// By symbol, and by how many of the contexts have been seen before.
    weights: Vec<[i32; CONTEXTS_MAX]>,
    /// Bits coded so far: what time is bounded by.
    steps: u64,
    /// What was coded, for the example in the documentation.
    #[cfg(test)]
    pub(crate) trace: Vec<String>,
}

impl<'a> Model<'a> {
    /// A model with 2^`log2` counters, which has seen nothing.
    pub(crate) fn new(bits: Coder<'a>, log2: u32) -> Self {
        Self {
            bits,
            counters: vec![Counter(0); 1 << log2],
            shift: 64 - log2,
            weights: vec![[WEIGHT; CONTEXTS_MAX]; 2 * Symbol::COUNT * (CONTEXTS_MAX + 1)],
            steps: 0,
            #[cfg(test)]
            trace: Vec::new(),
        }
    }

    /// The coder below.
    pub(crate) fn into_bits(self) -> Coder<'a> {
        self.bits
    }

    /// The coder below.
    pub(crate) fn bits(&self) -> &Coder<'a> {
        &self.bits
    }

    /// Bits coded so far.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Codes a truth value.
    pub(crate) fn flag<const N: usize>(
        &mut self,
        symbol: Symbol,
        contexts: &[Parts<'_>; N],
        bit: bool,
    ) -> bool {
        let bit = self.bit(symbol.first(), &hashes(symbol, contexts), 0, bit);
        #[cfg(test)]
        if symbol != Symbol::TextEnd {
            self.trace.push(format!("{symbol:?} {}", u8::from(bit)));
        }
        bit
    }

    /// Codes a number: how many bits it has, each as a bit of its own, then all its bits but the first.
    pub(crate) fn number<const N: usize>(
        &mut self,
        symbol: Symbol,
        contexts: &[Parts<'_>; N],
        value: u64,
    ) -> u64 {
        let number = self.bits_of(symbol, contexts, value);
        #[cfg(test)]
        self.trace.push(format!("{symbol:?} {number}"));
        number
    }

    fn bits_of<const N: usize>(
        &mut self,
        symbol: Symbol,
        contexts: &[Parts<'_>; N],
        value: u64,
    ) -> u64 {
        let contexts = hashes(symbol, contexts);
        let wanted = 64 - value.leading_zeros();
        let mut length = 0;
        while length < 64
            && self.bit(
                symbol.first(),
                &contexts,
                u64::from(length),
                wanted > length,
            )
        {
            length += 1;
        }
        if length == 0 {
            return 0;
        }
        let mut read = 1;
        for place in (0..length - 1).rev() {
            let node = u64::from(length) << 56 ^ read;
            let bit = self.bit(symbol.second(), &contexts, node, value >> place & 1 == 1);
            read = read << 1 | u64::from(bit);
        }
        read
    }

    /// Codes a number that may be negative: 0, -1, 1, -2, 2 … as 0, 1, 2, 3, 4 …
    pub(crate) fn signed<const N: usize>(
        &mut self,
        symbol: Symbol,
        contexts: &[Parts<'_>; N],
        value: i64,
    ) -> i64 {
        let folded = (value << 1 ^ value >> 63).cast_unsigned();
        let folded = self.bits_of(symbol, contexts, folded);
        let number = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        #[cfg(test)]
        self.trace.push(format!("{symbol:?} {number}"));
        number
    }

    /// Codes a byte, its highest bit first.
    pub(crate) fn byte<const N: usize>(
        &mut self,
        symbol: Symbol,
        contexts: &[Parts<'_>; N],
        value: u8,
    ) -> u8 {
        let contexts = hashes(symbol, contexts);
        let mut read = 1_u64;
        for place in (0..8).rev() {
            let bit = self.bit(symbol.first(), &contexts, read, value >> place & 1 == 1);
            read = read << 1 | u64::from(bit);
        }
        read as u8
    }

    /// Codes a number below `end`, each as likely as any other. `end` has 32 bits.
    pub(crate) fn uniform(&mut self, end: u64, value: u64) -> u64 {
        let (mut low, mut high) = (0, end);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let one = ((high - middle) << 16) / (high - low);
            self.steps += 1;
            if self.bits.code(one as u32, value >= middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Codes bytes that nothing foretells.
    pub(crate) fn random<const N: usize>(&mut self, bytes: [u8; N]) -> [u8; N] {
        let bytes = bytes.map(|byte| self.evenly(byte));
        #[cfg(test)]
        self.trace.push(
            format!(
                "random {:x?}",
                bytes.map(|byte| format!("{byte:02x}")).concat()
            )
            .replace('"', ""),
        );
        bytes
    }

    /// Codes a byte of which every bit is as likely as not: what [`Self::uniform`] does below 256, without dividing.
    fn evenly(&mut self, byte: u8) -> u8 {
        self.steps += 8;
        (0..8).rev().fold(0, |read, place| {
            let bit = self.bits.code(1 << 15, byte >> place & 1 == 1);
            read << 1 | u8::from(bit)
        })
    }

    fn bit<const N: usize>(
        &mut self,
        set: usize,
        contexts: &[u64; N],
        node: u64,
        bit: bool,
    ) -> bool {
        self.steps += 1;
        let node = node.wrapping_mul(SCATTER);
        let counters = self.counters.as_mut_slice();
        let (mut places, mut inputs) = ([0; N], [0; N]);
        let mut seen = 0;
        for ((hash, place), input) in contexts.iter().zip(&mut places).zip(&mut inputs) {
            *place = ((hash ^ node).wrapping_mul(SCATTER) >> self.shift) as usize;
            let counter = counters[*place];
            *input = i32::from(STRETCH[counter.0 as usize >> 20]);
            seen += usize::from(counter.has_seen());
        }
        let weights = &mut self.weights[set * (CONTEXTS_MAX + 1) + seen];
        let mut sum = 0;
        for (weight, input) in weights.iter().zip(&inputs) {
            // Below 2^31: a weight has at most 21 bits, an input 11 and a sign.
            sum += i64::from(*weight * *input);
        }
        let one = squash(sum >> 16);
        let bit = self.bits.code(one as u32, bit);
        let error = (i32::from(bit) << 16) - one;
        for (weight, input) in weights.iter_mut().zip(&inputs) {
            let learnt = *weight + ((*input * error) >> 13);
            *weight = learnt.clamp(-WEIGHT_MAX, WEIGHT_MAX);
        }
        // Two contexts may share a counter, which then learns twice.
        for place in places {
            counters[place].learn(bit);
        }
        bit
    }
}

/// The contexts of one symbol, hashed.
fn hashes<const N: usize>(symbol: Symbol, contexts: &[Parts<'_>; N]) -> [u64; N] {
    const { assert!(N <= CONTEXTS_MAX) };
    let starts = &STARTS[symbol as usize];
    std::array::from_fn(|number| {
        let parts = contexts[number].iter();
        parts.fold(starts[number], |hash, part| join_one(hash, *part))
    })
}

/// What the hash of a context begins with: its symbol and its number among the contexts of that.
const STARTS: [[u64; CONTEXTS_MAX]; Symbol::COUNT] = {
    let mut table = [[0; CONTEXTS_MAX]; Symbol::COUNT];
    let mut symbol = 0;
    while symbol < Symbol::COUNT {
        let mut number = 0;
        while number < CONTEXTS_MAX {
            table[symbol][number] = join_one(join_one(0, symbol as u64), number as u64);
            number += 1;
        }
        symbol += 1;
    }
    table
};

/// How likely a 1 is: 22 bits of probability, stored less one half so that zero is a counter that knows nothing, then
/// 10 bits that count what it has seen.
#[derive(Clone, Copy)]
struct Counter(u32);

impl Counter {
    const HALF: u32 = 1 << 21;
    const ONE: u32 = (1 << 22) - 1;

    fn count(self) -> u32 {
        self.0 & MEMORY
    }

    /// Whether it has seen anything: it counts what it sees, so it is zero only before.
    fn has_seen(self) -> bool {
        self.0 != 0
    }

    /// Goes some of the way to where the bit points, rounded towards where it was.
    fn learn(&mut self, bit: bool) {
        let count = self.count();
        // How far the probability is from where the bit points.
        let far = (self.0 >> 10) ^ Self::HALF ^ if bit { Self::ONE } else { 0 };
        let step = ((u64::from(far) * STEPS[count as usize]) >> 32) as u32;
        // What is stored goes as far as the probability does, only round the end of its bits.
        let way = step << 10;
        let way = if bit { way } else { way.wrapping_neg() };
        let more = u32::from(count < MEMORY);
        self.0 = self.0.wrapping_add(way).wrapping_add(more);
    }
}

/// 65536 / (1 + e^-x) for x from -8 to 8 in halves, rounded.
const LOGISTIC: [i32; 33] = [
    22, 36, 60, 98, 162, 267, 439, 720, 1_179, 1_921, 3_108, 4_971, 7_812, 11_955, 17_625, 24_743,
    32_768, 40_793, 47_911, 53_581, 57_724, 60_565, 62_428, 63_615, 64_357, 64_816, 65_097, 65_269,
    65_374, 65_438, 65_476, 65_500, 65_514,
];

/// The probability, of 65536, whose odds have this logarithm, of which 256 is one.
fn squash(x: i64) -> i32 {
    i32::from(SQUASH[(x.clamp(-2_047, 2_047) + 2_047) as usize])
}

/// That of every logarithm, from -2047 on: between the points of the curve on straight lines.
static SQUASH: [u16; 4_095] = {
    let mut table = [0; 4_095];
    let mut at = 0;
    while at < table.len() {
        let (place, rest) = ((at + 1) >> 7, (at as i32 + 1) & 127);
        let sum = LOGISTIC[place] * (128 - rest) + LOGISTIC[place + 1] * rest;
        table[at] = ((sum + 64) >> 7) as u16;
        at += 1;
    }
    table
};

/// The inverse: for every probability of 4096, the least logarithm whose probability is not less. They stand in the order
/// in which counters store them, with the halves exchanged.
static STRETCH: [i16; 4_096] = {
    let mut table = [2_047; 4_096];
    let (mut at, mut next) = (0, 0);
    while at < SQUASH.len() {
        while next <= SQUASH[at] as usize >> 4 {
            table[next ^ 2_048] = at as i16 - 2_047;
            next += 1;
        }
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_the_logistic_function() {
        for (place, value) in LOGISTIC.iter().enumerate() {
            let x = (place as f64 - 16.0) / 2.0;
            assert_eq!((65_536.0 / (1.0 + (-x).exp())).round() as i32, *value);
        }
    }

    #[test]
    fn no_bit_is_ever_thought_impossible() {
        for x in [i64::MIN >> 16, -2_047, 0, 2_047, i64::MAX >> 16] {
            assert!((1..65_536).contains(&squash(x)));
        }
    }

    #[test]
    fn a_counter_divides_exactly() {
        for (count, step) in (0_u64..).zip(STEPS) {
            for way in (0..1 << 22).step_by(61).chain([(1 << 22) - 1]) {
                assert_eq!((way * step) >> 32, 2 * way / (2 * count + 3));
            }
        }
    }

    #[test]
    fn a_counter_stays_within_its_bits() {
        for bit in [true, false] {
            let mut counter = Counter(0);
            (0..100_000).for_each(|_| counter.learn(bit));
            // As near to the end as it gets: a step of less than one is none.
            let far = (counter.0 >> 10) ^ Counter::HALF ^ if bit { Counter::ONE } else { 0 };
            assert!(2 * far < 2 * MEMORY + 3);
            assert_eq!(counter.0 & 0x3ff, MEMORY);
        }
    }
}
