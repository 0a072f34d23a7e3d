//! The Rust client (tonic) of the client tests: each step is a call or a few, and is printed once its answers were right.

mod prism;
mod queue;
mod rows;
mod testservice;

use std::{env, process::exit, time::Duration};
use tonic::transport::Endpoint;

/// What a step found wrong.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub const MAX_MESSAGE: usize = 8 << 20;

/// Prints the name of a step that went well.
pub fn done(step: &str) {
    println!("{step}");
}

/// Fails with `message` unless `holds`.
pub fn expect(holds: bool, message: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(message().into()) }
}

async fn run(steps: &str, endpoint: &str) -> Result<(), Failure> {
    let channel = Endpoint::from_shared(format!("http://{endpoint}"))?
        .connect()
        .await?;
    match steps {
        "prism" => prism::run(channel).await,
        "queue" => queue::run(channel).await,
        "rows" => rows::run(channel).await,
        "testservice" => testservice::run(channel).await,
        other => Err(format!("no such set of steps: {other}").into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [steps, endpoint] = arguments.as_slice() else {
        eprintln!("usage: client prism|queue|rows|testservice ENDPOINT");
        exit(1);
    };
    // No step may hang: what is not over after this is a failure.
    let outcome = match tokio::time::timeout(Duration::from_secs(60), run(steps, endpoint)).await {
        Ok(outcome) => outcome,
        Err(late) => Err(late.into()),
    };
    if let Err(failure) = outcome {
        eprintln!("after the last step printed: {failure}");
        exit(1);
    }
}
