//! A program that prints the credentials of a profile
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).
//!
//! It is run when a bucket is first used. What it prints and says is never shown: it is
//! made of secrets.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::super::trouble::Trouble;
use super::is_plain;

/// For how long credentials are used before the program is asked again. AWS gives
/// none out that end within a quarter of an hour.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// A program that prints credentials.
#[derive(Debug)]
pub(in crate::store::bucket) struct Process {
    profile: String,
    command: String,
    last: Mutex<Option<(Instant, Arc<AwsCredential>)>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Process {
    pub(super) fn new(profile: &str, command: &str) -> Self {
        Self { profile: profile.to_owned(), command: command.to_owned(), last: Mutex::new(None) }
    }

    async fn ask(&self) -> Result<AwsCredential, String> {
        let mut shell = shell(&self.command);
        shell.stdin(Stdio::null()).stderr(Stdio::null());
        let output = tokio::task::spawn_blocking(move || shell.output()).await;
        let output = output.expect("to run a program does not panic").map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("it ends with {}", output.status));
        }
        let printed: Printed = serde_json::from_slice(&output.stdout)
            .map_err(|_| "it does not print JSON with Version, AccessKeyId and SecretAccessKey".to_owned())?;
        if printed.version != 1 {
            return Err(format!("it prints credentials of version {}, not 1", printed.version));
        }
        let token = printed.session_token.filter(|token| !token.is_empty());
        let parts = [Some(&printed.access_key_id), Some(&printed.secret_access_key), token.as_ref()];
        if !parts.into_iter().flatten().all(|part| is_plain(part)) {
            return Err("it prints credentials with a space, a line break or a character beyond ASCII".into());
        }
        Ok(AwsCredential { key_id: printed.access_key_id, secret_key: printed.secret_access_key, token })
    }
}

#[async_trait]
impl CredentialProvider for Process {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut last = self.last.lock().await;
        if let Some((_, credential)) = last.as_ref().filter(|(since, _)| since.elapsed() < KEPT) {
            return Ok(Arc::clone(credential));
        }
        let credential = self.ask().await.map(Arc::new).map_err(|reason| {
            let reason =
                format!("the `credential_process` of the profile `{}` fails: {reason}", self.profile);
            object_store::Error::Generic { store: "S3", source: Box::new(Trouble::Credentials(reason)) }
        })?;
        *last = Some((Instant::now(), Arc::clone(&credential)));
        Ok(credential)
    }
}

fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command);
    shell
}
