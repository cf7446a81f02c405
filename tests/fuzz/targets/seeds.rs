//! Writes what the fuzzer begins with into `corpus`.

use std::fs;
use std::io;
use std::path::Path;

use spotter_fuzz::seeds;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for seed in seeds::all(&here.join("../.."))? {
        let folder = here.join("corpus").join(seed.target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
