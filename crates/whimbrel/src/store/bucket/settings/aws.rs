//! Profiles of AWS, in `~/.aws/config` and `~/.aws/credentials`.
//!
//! Variables go before a profile, and a profile before what a machine in a cloud has
//! of its own. Keys, a token of a web identity and a program that prints
//! credentials are taken from a profile; what asks AWS for others, as single sign-on
//! and the roles of another profile do, belongs to AWS's own tools.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::ini::{self, Section, Sections};
use super::process::Process;
use super::{Unfit, Variables, expanded, get, home, is_url};

/// Variables by which a person says what the credentials are.
const CREDENTIALS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SKIP_SIGNATURE"];

/// Keys of profiles whose credentials AWS's own tools must fetch.
const FETCHED: [&str; 6] =
    ["role_arn", "source_profile", "credential_source", "sso_session", "sso_start_url", "login_session"];

/// The variables with what the profile adds, and the program that it names.
pub(in crate::store::bucket) fn settled(
    variables: &Variables,
) -> Result<(Variables, Option<Process>), Unfit> {
    let said = |name: &str| get(variables, name).is_some();
    for (one, other) in
        [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")]
    {
        if said(one) && !said(other) {
            return Err(format!("{one} is set, and {other} is not").into());
        }
    }
    let Some(profile) = Profile::read(variables)? else { return Ok((variables.clone(), None)) };
    let mut settled = variables.clone();
    profile.reach(&mut settled)?;
    let process = match CREDENTIALS.iter().any(|name| said(name)) {
        true => None,
        false => profile.lend(&mut settled)?,
    };
    Ok((settled, process))
}

/// A profile, as both files have it.
struct Profile {
    name: String,
    config: Section,
    credentials: Section,
    /// The section of `config` that the profile calls its services.
    services: Section,
}

impl Profile {
    /// The profile that is to be used, if there is one.
    fn read(variables: &Variables) -> Result<Option<Self>, Unfit> {
        let wanted = get(variables, "AWS_PROFILE");
        let name = wanted.unwrap_or("default");
        let mut sections = file(variables, "AWS_CONFIG_FILE", "config")?;
        let mut keys = file(variables, "AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        let plain = sections.remove(name).filter(|_| name == "default");
        let config = sections.remove(&format!("profile {name}")).or(plain);
        let credentials = keys.remove(name);
        if let (None, None) = (&config, &credentials) {
            return match wanted {
                None => Ok(None),
                Some(_) => Err(Unfit {
                    reason: format!(
                        "neither `~/.aws/config` nor `~/.aws/credentials` has a profile `{name}`"
                    ),
                    help: Some(
                        "correct AWS_PROFILE; `aws configure list-profiles` shows which there are".into(),
                    ),
                }),
            };
        }
        let (config, credentials) = (config.unwrap_or_default(), credentials.unwrap_or_default());
        let services = config.get("services").and_then(|name| sections.remove(&format!("services {name}")));
        Ok(Some(Self { name: name.to_owned(), config, credentials, services: services.unwrap_or_default() }))
    }

    /// A setting; a file of credentials may hold it, too.
    fn get(&self, key: &str) -> Option<&str> {
        let found = self.config.get(key).or_else(|| self.credentials.get(key));
        found.map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Adds where the bucket is, unless variables say so.
    fn reach(&self, variables: &mut Variables) -> Result<(), Unfit> {
        let endpoint = self.services.get("s3.endpoint_url").map(String::as_str);
        let endpoint = endpoint.or_else(|| self.get("endpoint_url"));
        if endpoint.is_some_and(|url| !is_url(url)) {
            return Err(
                format!("the `endpoint_url` of the profile `{}` does not read as a URL", self.name).into()
            );
        }
        for (names, value) in [
            (&["AWS_REGION", "AWS_DEFAULT_REGION"][..], self.get("region")),
            (&["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"], endpoint),
            (&["AWS_CA_BUNDLE"], self.get("ca_bundle")),
        ] {
            let is_said = names.iter().any(|name| get(variables, name).is_some());
            if let Some(value) = value.filter(|_| !is_said) {
                variables.insert(names[0].to_owned(), value.to_owned());
            }
        }
        Ok(())
    }

    /// Adds the credentials, or returns the program that prints them.
    fn lend(&self, variables: &mut Variables) -> Result<Option<Process>, Unfit> {
        let own = ["role_arn", "web_identity_token_file", "role_session_name"].map(|key| self.get(key));
        if let [Some(role), Some(file), session] = own {
            let file = expanded(variables, file).display().to_string();
            variables.insert("AWS_ROLE_ARN".to_owned(), role.to_owned());
            variables.insert("AWS_WEB_IDENTITY_TOKEN_FILE".to_owned(), file);
            variables.extend(session.map(|name| ("AWS_ROLE_SESSION_NAME".to_owned(), name.to_owned())));
            return Ok(None);
        }
        // A role goes before the keys of the same profile.
        if self.get("role_arn").is_some() {
            return Err(self.fetched("role_arn"));
        }
        for section in [&self.credentials, &self.config] {
            let [id, secret, token] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]
                .map(|key| section.get(key).filter(|value| !value.is_empty()));
            match (id, secret) {
                (Some(id), Some(secret)) => {
                    variables.insert("AWS_ACCESS_KEY_ID".to_owned(), id.clone());
                    variables.insert("AWS_SECRET_ACCESS_KEY".to_owned(), secret.clone());
                    // One of the environment belongs to other keys.
                    variables.insert("AWS_SESSION_TOKEN".to_owned(), token.cloned().unwrap_or_default());
                    return Ok(None);
                }
                (Some(_), None) => return Err(self.half("aws_access_key_id", "aws_secret_access_key")),
                (None, Some(_)) => return Err(self.half("aws_secret_access_key", "aws_access_key_id")),
                (None, None) => {}
            }
        }
        if let Some(command) = self.get("credential_process") {
            return Ok(Some(Process::new(&self.name, command)));
        }
        match FETCHED.iter().find(|key| self.get(key).is_some()) {
            Some(key) => Err(self.fetched(key)),
            None => Ok(None),
        }
    }

    fn fetched(&self, key: &str) -> Unfit {
        let name = &self.name;
        Unfit {
            reason: format!(
                "the profile `{name}` has its credentials by `{key}`, which only AWS's own tools know"
            ),
            help: Some(format!(
                "have them fetch the credentials: eval \"$(aws configure export-credentials --profile {name} --format env)\""
            )),
        }
    }

    fn half(&self, has: &str, lacks: &str) -> Unfit {
        format!("the profile `{}` has `{has}` and no `{lacks}`", self.name).into()
    }
}

/// Reads a file whose path a variable may hold. One that is not there is empty.
fn file(variables: &Variables, variable: &str, name: &str) -> Result<Sections, Unfit> {
    let said = get(variables, variable).map(|path| expanded(variables, path));
    let own = || Some(home(variables)?.join(".aws").join(name));
    let Some(path): Option<PathBuf> = said.or_else(own) else { return Ok(Sections::new()) };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Sections::new()),
        Err(error) => return Err(format!("`{}` cannot be read: {error}", path.display()).into()),
    };
    ini::read(&text).map_err(|line| Unfit {
        reason: format!("line {line} of `{}` does not read", path.display()),
        help: Some("write `[profile NAME]`, in `credentials` `[NAME]`, and below it KEY = VALUE".to_owned()),
    })
}
