//! `cargo xtask start`: a relay with a demonstration meet on this machine, and what to try next.
//!
//! The meet is made anew at every start, under `target/start/`, by the same programs a person would use. Then the relay
//! is stopped and started again on the same address in the place of this process: what the person sees is a relay that
//! has already been restarted once, and Ctrl-C or a signal reaches it directly, with nobody in between to forget it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::demo::{self, Demonstration};
use crate::tools::{call, cargo};
use crate::{Outcome, out, web};

/// Prepares the demonstration, prints the next steps, and becomes the relay; with `--check`, runs the steps instead.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        other => {
            return Err(format!(
                "`cargo xtask start` takes only `--check`, not \"{}\"",
                other.join(" ")
            ));
        }
    };
    // The relay has the pages in it, so they come first. `--check` takes it as it is.
    if !check {
        out::heading("building the pages");
        web::build()?;
    }
    out::heading("building the relay and the replica");
    call(&mut cargo(&["build", "--locked", "--workspace", "--bins"]))?;
    out::heading("making the demonstration meet");
    let demonstration = demo::prepare()?;
    if check {
        return verify(&demonstration);
    }
    explain(&demonstration);
    become_relay(&demonstration)
}

/// Runs every printed command that ends by itself, word for word, against a running relay.
fn verify(demonstration: &Demonstration) -> Outcome {
    let relay = demo::Relay::start(&demonstration.address)?;
    for step in &demonstration.steps {
        out::line(&format!("\n# {}", step.says));
        for typed in &step.commands {
            let printed = shell(typed)?;
            out::line(printed.trim_end());
        }
        if let Some(expected) = &step.shows {
            let printed = shell(step.commands.last().ok_or("a step without a command")?)?;
            if !printed.contains(expected.as_str()) {
                return Err(format!(
                    "\"{}\" should have shown \"{expected}\", but printed: {printed}",
                    step.says
                ));
            }
        }
    }
    for page in &demonstration.pages {
        page_answers(&demonstration.address, page)?;
    }
    relay.stop()?;
    out::line("\nthe demonstration works");
    Ok(())
}

fn shell(typed: &str) -> Result<String, String> {
    out::line(&format!("$ {typed}"));
    let output = Command::new("sh")
        .args(["-c", typed])
        .current_dir(crate::tools::root())
        .output()
        .map_err(|error| format!("`{typed}` could not be started: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!(
        "`{typed}` ended with {}: {printed}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Makes sure that the relay hands out a page; what it does there is tried in browsers.
fn page_answers(address: &str, page: &demo::Page) -> Outcome {
    let trouble = |error: std::io::Error| format!("{}: {error}", page.address);
    let after_host = page.address.split_once(address).map(|(_, path)| path);
    let path = after_host.and_then(|path| path.split('#').next());
    let path = path.ok_or_else(|| format!("{} is not at the relay", page.address))?;
    let mut relay = TcpStream::connect(address).map_err(trouble)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    relay.write_all(request.as_bytes()).map_err(trouble)?;
    let mut answer = Vec::new();
    relay.read_to_end(&mut answer).map_err(trouble)?;
    out::line(&format!("$ GET {}", page.address));
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(());
    }
    let first = String::from_utf8_lossy(&answer);
    let first = first.lines().next().unwrap_or_default().to_owned();
    Err(format!("{} answered: {first}", page.address))
}

fn explain(demonstration: &Demonstration) {
    out::heading("the meet is live");
    out::line(&format!("meet      {}", demonstration.meet));
    out::line(&format!(
        "password  {}   (also in {})",
        demo::PASSWORD,
        demo::PASSWORD_FILE
    ));
    out::line(&format!("relay     ws://{}", demonstration.address));
    out::line(
        "\nOpen these in a browser, beside each other, and type the password in the first two:\n",
    );
    for page in &demonstration.pages {
        out::line(&format!("  # {}\n  {}", page.says, page.address));
    }
    out::line(
        "\nIn both, go to Scoring and judge an attempt in one: the other shows it. Stop this program, go on in both, and \
         start the relay again with the last command below: they agree, and the higher priority stands.",
    );
    out::line("\nOr in another terminal, at the root of the repository:");
    for step in &demonstration.steps {
        out::line(&format!("\n  # {}", step.says));
        for typed in &step.commands {
            out::line(&format!("  {typed}"));
        }
    }
    out::line("\n  # stay connected and watch what happens (Ctrl-C ends it)");
    out::line(&format!("  {} run", demo::replica(demo::INITIATOR)));
    out::line("\n  # the whole story in a minute, by itself");
    out::line(&format!("  {} demo", demo::SPOTTER));
    out::line("\n  # the same relay again, after it was stopped");
    out::line(&format!("  {}", demo::served_again(&demonstration.address)));
    out::line(
        "\nEverything lies in target/start/ and is made anew at the next start. Ctrl-C stops the relay.\n",
    );
}

/// Replaces this process by the relay, so that a signal needs no forwarding. Returns only if that fails.
fn become_relay(demonstration: &Demonstration) -> Outcome {
    fs::create_dir_all(crate::tools::root().join(demo::PLACE))
        .map_err(|error| error.to_string())?;
    let error = demo::serve(&demonstration.address).exec();
    Err(format!("the relay could not be started: {error}"))
}
