//! Code from the descriptor sets that PRISM_SET and TESTSERVICE_SET name, so that no protoc is needed.

use prost::Message;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for set in ["prism", "testservice"] {
        let variable = format!("{}_SET", set.to_uppercase());
        let path = env::var(&variable)?;
        println!("cargo:rerun-if-env-changed={variable}");
        println!("cargo:rerun-if-changed={path}");
        let files = prost_types::FileDescriptorSet::decode(&*fs::read(path)?)?;
        tonic_prost_build::configure()
            .build_server(false)
            .include_file(format!("{set}_contract.rs"))
            .compile_fds(files)?;
    }
    Ok(())
}
