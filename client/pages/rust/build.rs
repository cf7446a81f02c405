//! Embeds what `npm run build -w client/pages` has left in `dist`. Without it there are no pages, and the build goes on.
//! The compiler reads copies, which nobody replaces while it does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("dist");
    // A folder that is not there cannot be watched, and Cargo would build again every time.
    fs::create_dir_all(&dist)?;
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=rust/build.rs");
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    let mut list = String::from("static FILES: &[File] = &[\n");
    for file in files.iter().filter(|file| !is_brotli(file)) {
        write_file(&mut list, &dist, &out, file, &files).map_err(io::Error::other)??;
    }
    list.push_str("];\n");
    fs::write(out.join("files.rs"), list)
}

fn write_file(
    list: &mut String,
    dist: &Path,
    out: &Path,
    file: &Path,
    all: &[PathBuf],
) -> Result<io::Result<()>, std::fmt::Error> {
    let Ok(path) = file.strip_prefix(dist) else {
        return Ok(Ok(()));
    };
    let path = path.to_string_lossy().replace('\\', "/");
    let copied = out.join(path.replace('/', "+"));
    let read = fs::copy(file, &copied).and_then(|_| fs::read(&copied));
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error)),
    };
    let mut tag = String::new();
    for byte in &Sha256::digest(&bytes)[..8] {
        write!(tag, "{byte:02x}")?;
    }
    let mut small = file.as_os_str().to_owned();
    small.push(".br");
    let small = PathBuf::from(small);
    let brotli = if all.contains(&small) {
        let mut copy = copied.as_os_str().to_owned();
        copy.push(".br");
        let copy = PathBuf::from(copy);
        if let Err(error) = fs::copy(&small, &copy) {
            return Ok(Err(error));
        }
        format!("Some(include_bytes!({copy:?}))")
    } else {
        "None".to_owned()
    };
    writeln!(
        list,
        "    File {{ path: {path:?}, bytes: include_bytes!({copied:?}), brotli: {brotli}, tag: {tag:?} }},"
    )?;
    Ok(Ok(()))
}

fn is_brotli(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "br")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
