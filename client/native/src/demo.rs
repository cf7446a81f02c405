//! The whole story told in a terminal: a relay and three locations as real processes, each behind a network that can
//! be cut; a conflict, a relay that is killed, the heal, who won and why.
//!
//! Every line is computed from what the processes show. Who should have won is worked out here once more, from the
//! printed facts alone; if the meet shows anything else, the demonstration fails.

mod cast;
mod network;
mod rule;
mod stage;

use std::time::Duration;

use serde_json::Value;

use self::cast::Desk;
use self::rule::{Write, reason, winner};
use self::stage::Stage;
use crate::failure::Failure;
use crate::{clock, out, words};

/// The attempt that everybody disputes.
const DISPUTED: &str = "entries.5003.squat.2";

/// What else is written in the story, undisputed.
const KEPT: [(&str, &str); 3] = [
    ("entries.5003.squat.1", "92.5 good"),
    ("entries.5001.squat.1", "120 good"),
    ("entries.5003.bodyweightKg", "56.4"),
];

/// Tells the story; without pauses if nobody watches.
pub(crate) async fn run(fast: bool) -> Result<(), Failure> {
    let mut stage = Stage::set(fast).await?;
    let told = tell(&mut stage).await;
    stage.clear(&told).await;
    told
}

async fn tell(stage: &mut Stage) -> Result<(), Failure> {
    gather(stage).await?;
    together(stage).await?;
    apart(stage).await?;
    heal(stage).await?;
    judge(stage).await?;
    settle(stage).await?;
    judge(stage).await?;
    check_kept(stage).await?;
    let edits = words::count(KEPT.len(), "other edit is", "other edits are");
    stage
        .say(format!(
            "Everybody agrees, and nothing was lost: the {edits} at all three, too."
        ))
        .await;
    Ok(())
}

/// A meet goes live, and two locations join it.
async fn gather(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("1. A meet goes live").await;
    let address = stage.relay.address();
    stage
        .say(format!(
            "A relay is listening on {address}; its folder is empty."
        ))
        .await;
    let meet_id = stage.go_live().await?;
    let lifters = stage.registration.entries().await?.len();
    let name = stage.registration.get("meet.name").await?;
    let [registration, platform, jury] = stage.desks_described();
    stage
        .say(format!(
            "{registration} imported \"{name}\", {lifters} lifters, and made it live as {meet_id}."
        ))
        .await;
    stage.join(&meet_id).await?;
    stage
        .say(format!(
            "{platform} and {jury} joined with that ID and the password."
        ))
        .await;
    stage.everyone_stays().await?;
    let same = stage.agree().await?;
    let attempt = format!("{DISPUTED} is {}", text_of(&same));
    stage
        .say(format!("All three hold the same meet: {attempt}."))
        .await;
    Ok(())
}

/// One writes, the others see it.
async fn together(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("2. Together").await;
    let path = "entries.5003.squat.1";
    stage.platform.write(path, "92.5 good").await?;
    stage
        .say(format!("Platform 1 writes {path} 92.5 good."))
        .await;
    for desk in [&mut stage.registration, &mut stage.jury] {
        let heard = desk.hears(&[path, "92.5 good"]).await?;
        out::line(format!("  {} hears: {heard}", desk.name));
    }
    stage.pause().await;
    Ok(())
}

/// The jury is cut off; everybody goes on; the relay is killed on top of it.
async fn apart(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("3. Apart").await;
    stage.jury.network.cut();
    let heard = stage.jury.hears(&["offline"]).await?;
    stage
        .say(format!(
            "The jury's network is cut. Its replica says: {heard}."
        ))
        .await;
    stage.platform.write(DISPUTED, "97.5 good").await?;
    stage
        .say(format!("Platform 1 writes {DISPUTED} 97.5 good."))
        .await;
    stage.jury.write(DISPUTED, "97.5 no").await?;
    stage
        .say(format!(
            "The jury, who cannot know, writes {DISPUTED} 97.5 no."
        ))
        .await;
    stage.jury.write("entries.5001.squat.1", "120 good").await?;
    stage
        .say("And, having time, entries.5001.squat.1 120 good.")
        .await;
    let heard = stage.registration.hears(&[DISPUTED, "97.5 good"]).await?;
    out::line(format!("  Registration hears: {heard}"));
    for desk in [&mut stage.platform, &mut stage.jury] {
        let shown = desk.get(DISPUTED).await?;
        let status = desk.status().await?;
        let waiting = status["editsNotSent"].as_u64().unwrap_or(0);
        let waiting = words::count(
            usize::try_from(waiting).unwrap_or(usize::MAX),
            "edit",
            "edits",
        );
        out::line(format!(
            "  {} shows {shown}; {waiting} not sent yet.",
            desk.name
        ));
    }
    stage.pause().await;
    stage.relay.kill().await?;
    stage
        .say("Then somebody pulls the relay's plug (kill -9). Nobody stops editing for that:")
        .await;
    stage
        .registration
        .write("entries.5003.bodyweightKg", "56.4")
        .await?;
    let shown = stage.registration.get("entries.5003.bodyweightKg").await?;
    stage
        .say(format!(
            "Registration writes entries.5003.bodyweightKg; it shows {shown}."
        ))
        .await;
    Ok(())
}

/// Relay and network come back.
async fn heal(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("4. The heal").await;
    let address = stage.restart_relay().await?;
    stage
        .say(format!(
            "The relay is back on the same folder, at {address}."
        ))
        .await;
    stage.jury.network.heal();
    stage.say("The jury's cable is plugged in again.").await;
    let heard = stage.platform.hears(&[DISPUTED, "overruled"]).await?;
    out::line(format!("  Platform 1 hears: {heard}"));
    let agreed = stage.agree().await?;
    let shown = text_of(&agreed);
    stage
        .say(format!(
            "All three show the same again: {DISPUTED} is {shown}, the other is listed."
        ))
        .await;
    Ok(())
}

/// Who should have won, from the facts that are printed; and whether that is what everybody shows.
async fn judge(stage: &Stage) -> Result<(), Failure> {
    stage.chapter("Who won, and why").await;
    let history = stage.registration.history(DISPUTED).await?;
    let writes = Write::all(&history)?;
    for write in &writes {
        out::line(format!("  {write}"));
    }
    let expected = winner(&writes)
        .ok_or_else(|| Failure::refused(format!("{DISPUTED} was written by nobody")))?;
    out::line(format!(
        "  By the rule, {}'s {} stands: {}.",
        expected.location,
        expected.text,
        reason(&writes, expected)
    ));
    for desk in stage.desks() {
        let shown = desk.get_json(DISPUTED).await?;
        if shown["write"] != expected.id.as_str() {
            return Err(Failure::refused(format!(
                "{} shows {}, written by {}: that is not what the rule says",
                desk.name, shown["text"], shown["location"]
            )));
        }
    }
    stage.say("That is what all three show.").await;
    Ok(())
}

/// The lowest priority has the last word, since it has seen both.
async fn settle(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("5. Settled").await;
    let conflicts = stage.registration.conflicts().await?;
    stage
        .say(format!(
            "Conflicts listed at Registration: {}.",
            conflicts.len()
        ))
        .await;
    let overruled = conflicts
        .iter()
        .find(|conflict| conflict["path"] == DISPUTED)
        .map(|conflict| {
            conflict["overruled"][0]["text"]
                .as_str()
                .unwrap_or_default()
        });
    let Some(overruled) = overruled.map(str::to_owned) else {
        return Err(Failure::refused(format!(
            "{DISPUTED} is not among the conflicts"
        )));
    };
    stage.registration.write(DISPUTED, &overruled).await?;
    stage
        .say(format!(
            "The jury looks at the video. Registration, of the lowest priority, writes what was overruled: {overruled}."
        ))
        .await;
    let heard = stage.jury.hears(&[DISPUTED, "settled"]).await?;
    out::line(format!("  Jury hears: {heard}"));
    stage.agree().await?;
    let left: usize = count_conflicts(stage.desks()).await?;
    if left > 0 {
        return Err(Failure::refused(format!(
            "{left} conflicts are left, of none"
        )));
    }
    stage.say("No conflicts are left.").await;
    Ok(())
}

/// Whether everybody shows what else was written.
async fn check_kept(stage: &Stage) -> Result<(), Failure> {
    for desk in stage.desks() {
        for (path, written) in KEPT {
            let shown = desk.get(path).await?;
            if shown != written {
                return Err(Failure::refused(format!(
                    "{} shows {path} {shown}, and {written} was written",
                    desk.name
                )));
            }
        }
    }
    Ok(())
}

async fn count_conflicts(desks: [&Desk; 3]) -> Result<usize, Failure> {
    let mut count = 0;
    for desk in desks {
        count += desk.conflicts().await?.len();
    }
    Ok(count)
}

fn text_of(shown: &Value) -> &str {
    shown["text"].as_str().unwrap_or_default()
}

/// A moment to read what was printed.
const PAUSE: Duration = Duration::from_millis(2_200);

async fn wait(pause: Duration) {
    tokio::time::sleep_until(clock::after(pause)).await;
}
