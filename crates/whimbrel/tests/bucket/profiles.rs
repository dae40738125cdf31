//! Profiles of AWS: what is read from `~/.aws`, and in which order.

#[cfg(unix)]
use std::path::Path;

use tempfile::TempDir;
use whimbrel::store::{BucketStore, Store, StoreError};
use whimbrel_testkit::bucket::s3::{KEY_ID, SECRET, TEMPORARY_ID, TOKEN};
use whimbrel_testkit::bucket::{BucketServer, Dialect};

use crate::told;

/// A person with files in `~/.aws`, and the server that they lead to.
struct Person {
    home: TempDir,
    server: BucketServer,
}

impl Person {
    /// Writes the files with what stands for the secrets put in.
    fn new(config: &str, credentials: &str) -> Self {
        let person = Self {
            home: tempfile::tempdir().unwrap(),
            server: BucketServer::start(Dialect::S3, ["releases"]),
        };
        person.write("config", config);
        person.write("credentials", credentials);
        person
    }

    fn write(&self, name: &str, text: &str) -> String {
        let folder = self.home.path().join(".aws");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, self.filled(text)).unwrap();
        path.display().to_string()
    }

    fn filled(&self, text: &str) -> String {
        let server = self.server.endpoint();
        let values = [("{server}", server.as_str()), ("{id}", KEY_ID), ("{secret}", SECRET)];
        let values = [&values[..], &[("{temporary}", TEMPORARY_ID), ("{token}", TOKEN)]].concat();
        values.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// Creates a file in the bucket with these variables beside the home.
    async fn create(&self, variables: &[(&str, &str)]) -> Result<bool, StoreError> {
        let own = [("HOME".to_owned(), self.home.path().display().to_string())];
        let more = variables.iter().map(|(name, value)| ((*name).to_owned(), self.filled(value)));
        let store = BucketStore::open("s3://releases/shop", own.into_iter().chain(more))?;
        store.delete("a.sql").await?;
        store.create("a.sql", "a").await
    }

    async fn refusal(&self, variables: &[(&str, &str)]) -> (String, String) {
        let (message, help) = told(&self.create(variables).await.unwrap_err());
        let home = self.home.path().display().to_string();
        (
            message.replace(&home, "HOME").replace(&self.server.endpoint(), "SERVER"),
            help.replace(&home, "HOME"),
        )
    }
}

const PLACE: &str = "region = eu-central-1\nendpoint_url = {server}\n";
const KEYS: &str = "aws_access_key_id = {id}\naws_secret_access_key = {secret}\n";

#[tokio::test]
async fn the_default_profile_is_used_if_nothing_else_is_said() {
    let person = Person::new(&format!("[default]\n{PLACE}"), &format!("[default]\n{KEYS}"));
    assert!(person.create(&[]).await.unwrap());
    assert!(person.create(&[("AWS_PROFILE", "default")]).await.unwrap());
    // The other way of writing it goes before.
    let config =
        format!("[default]\nregion = nowhere\nendpoint_url = http://127.0.0.1:1\n[profile default]\n{PLACE}");
    person.write("config", &config);
    assert!(person.create(&[]).await.unwrap());
}

#[tokio::test]
async fn a_profile_has_its_keys_in_either_file_and_its_token_with_them() {
    let other = "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = hunter2-other\n";
    let work = format!("[profile work]\n{PLACE}");
    let temporary = KEYS.replace("{id}", "{temporary}") + "aws_session_token = {token}\n";
    for (config, credentials) in [
        (work.clone(), format!("{other}[work]\n{temporary}")),
        (format!("{other}{work}{temporary}"), String::new()),
        // An endpoint of S3 alone, as AWS writes it since there are services.
        (
            "[profile work]\nregion = eu-central-1\nservices = local\nendpoint_url = http://127.0.0.1:1\n\
             [services local]\ns3 =\n  endpoint_url = {server}\n"
                .to_owned(),
            format!("[work]\n{KEYS}"),
        ),
    ] {
        let person = Person::new(&config, &credentials);
        assert!(person.create(&[("AWS_PROFILE", "work")]).await.unwrap());
        // One of the environment belongs to other keys.
        assert!(person.create(&[("AWS_PROFILE", "work"), ("AWS_SESSION_TOKEN", "hunter2")]).await.unwrap());
    }
}

#[tokio::test]
async fn variables_go_before_a_profile() {
    let person = Person::new(
        "[default]\nregion = nowhere\nendpoint_url = http://127.0.0.1:1\n",
        "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = hunter2-other\n",
    );
    let variables = person.server.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(person.create(&variables).await.unwrap());
    person.write("config", &format!("[default]\n{PLACE}"));
    assert!(person.create(&variables[2..]).await.unwrap());
    assert_eq!(
        person.refusal(&[]).await.0,
        "`SERVER` does not let these credentials use `s3://releases/shop`: 403 InvalidAccessKeyId"
    );
}

#[tokio::test]
async fn files_may_be_elsewhere_and_need_not_be_there() {
    let person = Person::new("", "");
    let config = person.write("elsewhere", &format!("[profile work]\n{PLACE}"));
    let keys = person.write("keys", &format!("[work]\n{KEYS}"));
    let variables =
        [("AWS_PROFILE", "work"), ("AWS_CONFIG_FILE", &config), ("AWS_SHARED_CREDENTIALS_FILE", &keys)];
    assert!(person.create(&variables).await.unwrap());
    let at_home = [("AWS_CONFIG_FILE", "~/.aws/elsewhere"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/keys")];
    assert!(person.create(&[&variables[..1], &at_home].concat()).await.unwrap());

    let (message, help) = person.refusal(&[("AWS_PROFILE", "work")]).await;
    let reason = "neither `~/.aws/config` nor `~/.aws/credentials` has a profile `work`";
    assert_eq!(message, format!("`s3://releases/shop` cannot be opened: {reason}"));
    assert_eq!(help, "correct AWS_PROFILE; `aws configure list-profiles` shows which there are");
    let variables = person.server.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let nowhere = [("AWS_CONFIG_FILE", "/nowhere"), ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")];
    assert!(person.create(&[&variables[..], &nowhere].concat()).await.unwrap());
}

#[tokio::test]
async fn what_only_the_tools_of_aws_know_is_refused_by_profile_and_key() {
    let person = Person::new(
        "[profile one]\nsso_session = me\n[profile two]\nrole_arn = arn:x\nsource_profile = one\n\
         [profile three]\nlogin_session = x\n[profile six]\nendpoint_url = hunter2:9000\n[profile four]\naws_access_key_id = {id}\n",
        "[five]\naws_secret_access_key = {secret}\n",
    );
    for (name, reason) in [
        ("one", "has its credentials by `sso_session`, which only AWS's own tools know"),
        ("two", "has its credentials by `role_arn`, which only AWS's own tools know"),
        ("three", "has its credentials by `login_session`, which only AWS's own tools know"),
        ("four", "has `aws_access_key_id` and no `aws_secret_access_key`"),
        ("five", "has `aws_secret_access_key` and no `aws_access_key_id`"),
    ] {
        let (message, help) = person.refusal(&[("AWS_PROFILE", name)]).await;
        let expected = format!("`s3://releases/shop` cannot be opened: the profile `{name}` {reason}");
        assert_eq!(message, expected);
        let fetch = format!("eval \"$(aws configure export-credentials --profile {name} --format env)\"");
        assert_eq!(help.contains(&fetch), reason.contains("AWS's own tools"), "{help}");
    }
    let (message, _) = person.refusal(&[("AWS_PROFILE", "six")]).await;
    let reason = "the `endpoint_url` of the profile `six` does not read as a URL";
    assert_eq!(message, format!("`s3://releases/shop` cannot be opened: {reason}"));
    person.write("config", "[default]\nregion eu-central-1 hunter2\n");
    let (message, help) = person.refusal(&[]).await;
    assert_eq!(message, "`s3://releases/shop` cannot be opened: line 2 of `HOME/.aws/config` does not read");
    assert_eq!(help, "write `[profile NAME]`, in `credentials` `[NAME]`, and below it KEY = VALUE");
}

/// A program that prints `text`, and notes in a file that it ran.
#[cfg(unix)]
fn program(folder: &Path, text: &str) -> String {
    let (printed, ran) = (folder.join("printed"), folder.join("ran"));
    std::fs::write(&printed, text).unwrap();
    format!("echo x >> {}; echo hunter2 >&2; cat {}", ran.display(), printed.display())
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_prints_the_credentials_of_a_profile() {
    let person = Person::new("", "");
    let printed = "{\"Version\": 1, \"AccessKeyId\": \"{temporary}\", \"SecretAccessKey\": \"{secret}\", \
                   \"SessionToken\": \"{token}\", \"Expiration\": \"2030-01-01T00:00:00Z\"}";
    let run = program(person.home.path(), &person.filled(printed));
    person.write("config", &format!("[profile work]\n{PLACE}credential_process = {run}\n"));
    assert!(person.create(&[("AWS_PROFILE", "work")]).await.unwrap());
    let runs = std::fs::read_to_string(person.home.path().join("ran")).unwrap();
    assert_eq!(runs, "x\n", "one run serves all requests");

    for (text, end, reason) in [
        (
            printed.replace("{token}", "hunter2\\n").as_str(),
            "",
            "it prints credentials with a space, a line break or a character beyond ASCII",
        ),
        ("hunter2", "", "it does not print JSON with Version, AccessKeyId and SecretAccessKey"),
        (printed, "; exit 3", "it ends with exit status: 3"),
        (&printed.replace(": 1", ": 2"), "", "it prints credentials of version 2, not 1"),
    ] {
        let run = program(person.home.path(), &person.filled(text));
        person.write("config", &format!("[profile work]\n{PLACE}credential_process = ({run}){end}\n"));
        let (message, help) = person.refusal(&[("AWS_PROFILE", "work")]).await;
        let expected = format!(
            "there are no credentials for `s3://releases/shop`: the `credential_process` of the profile `work` \
             fails: {reason}"
        );
        assert_eq!(message, expected);
        assert_eq!(help, "run the command of the profile by hand to see why; what it prints is secret");
    }
}
