//! The variables of Azure's own tools, and its emulator.

use super::{Unfit, Variables, get};

/// What the emulator is called and locked with, everywhere
/// (<https://learn.microsoft.com/azure/storage/common/storage-use-azurite>).
const EMULATOR: (&str, &str) = (
    "devstoreaccount1",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
);

const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT_NAME";
const KEY: &str = "AZURE_STORAGE_ACCOUNT_KEY";
const SAS: &str = "AZURE_STORAGE_SAS_TOKEN";
const ENDPOINT: &str = "AZURE_STORAGE_ENDPOINT";

/// The variables as Azure's client knows them.
pub(in crate::store::bucket) fn settled(variables: &Variables) -> Result<Variables, Unfit> {
    let mut settled = variables.clone();
    let wants_emulator = settled.remove("AZURE_STORAGE_USE_EMULATOR").is_some_and(|value| is_true(&value));
    if let Some(text) = get(variables, "AZURE_STORAGE_CONNECTION_STRING") {
        connect(&mut settled, text)?;
    } else if wants_emulator {
        emulate(&mut settled);
    }
    for (short, long) in [("AZURE_STORAGE_ACCOUNT", ACCOUNT), ("AZURE_STORAGE_KEY", KEY)] {
        if let (Some(value), None) = (get(variables, short), get(&settled, long)) {
            settled.insert(long.to_owned(), value.to_owned());
        }
    }
    if get(&settled, ACCOUNT).is_none() {
        return Err("no variable names the account".to_owned().into());
    }
    Ok(settled)
}

fn is_true(value: &str) -> bool {
    ["1", "true", "on", "yes", "y"].contains(&value.to_ascii_lowercase().as_str())
}

/// Fills in what the emulator has, unless the variables say otherwise.
fn emulate(variables: &mut Variables) {
    let host = get(variables, "AZURITE_BLOB_STORAGE_URL").unwrap_or("http://127.0.0.1:10000");
    let account = get(variables, ACCOUNT).unwrap_or(EMULATOR.0);
    let endpoint = format!("{}/{account}", host.trim_end_matches('/'));
    for (name, value) in [(ACCOUNT, EMULATOR.0), (KEY, EMULATOR.1), (ENDPOINT, &endpoint)] {
        if get(variables, name).is_none() {
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Takes account, key and endpoint from a connection string, and from nowhere else
/// (<https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>).
fn connect(variables: &mut Variables, text: &str) -> Result<(), Unfit> {
    let bad = || {
        Unfit::from("what AZURE_STORAGE_CONNECTION_STRING holds does not read as NAME=VALUE;...".to_owned())
    };
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let parts = parts.map(|part| part.split_once('=')).collect::<Option<Vec<_>>>().ok_or_else(bad)?;
    let part = |name: &str| {
        let mut found = parts.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| (*value).to_owned()).filter(|value| !value.is_empty())
    };
    for name in [ACCOUNT, "AZURE_STORAGE_ACCOUNT", KEY, "AZURE_STORAGE_KEY", SAS, "AZURE_STORAGE_SAS_KEY"] {
        variables.remove(name);
    }
    variables.remove("AZURE_ENDPOINT");
    variables.remove(ENDPOINT);
    if part("UseDevelopmentStorage").is_some_and(|value| is_true(&value)) {
        emulate(variables);
        return Ok(());
    }
    let account = part("AccountName");
    let endpoint = part("BlobEndpoint").or_else(|| {
        let protocol = part("DefaultEndpointsProtocol").unwrap_or_else(|| "https".to_owned());
        let suffix = part("EndpointSuffix").unwrap_or_else(|| "core.windows.net".to_owned());
        Some(format!("{protocol}://{}.blob.{suffix}", account.as_ref()?))
    });
    // Of a token alone the host's name tells whose it is.
    let from_host = || Some(endpoint.as_ref()?.split_once("://")?.1.split_once('.')?.0.to_owned());
    let account = account.clone().or_else(from_host).ok_or_else(bad)?;
    variables.insert(ACCOUNT.to_owned(), account);
    for (name, value) in
        [(KEY, part("AccountKey")), (SAS, part("SharedAccessSignature")), (ENDPOINT, endpoint)]
    {
        variables.extend(value.map(|value| (name.to_owned(), value)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of variables, as `NAME=VALUE`.
    fn settle(variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let settled = settled(&variables).map_err(|unfit| unfit.reason)?;
        let known = [ACCOUNT, ENDPOINT, KEY, SAS];
        let known = settled.iter().filter(|(name, _)| known.contains(&name.as_str()));
        Ok(known.map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn the_names_of_its_command_line_are_known() {
        assert_eq!(settle(&[]).unwrap_err(), "no variable names the account");
        let short = [("AZURE_STORAGE_ACCOUNT", "a"), ("AZURE_STORAGE_KEY", "k")];
        let expected = ["AZURE_STORAGE_ACCOUNT_KEY=k", "AZURE_STORAGE_ACCOUNT_NAME=a"];
        assert_eq!(settle(&short).unwrap(), expected);
        let both = [("AZURE_STORAGE_ACCOUNT", "a"), (ACCOUNT, "b")];
        assert_eq!(settle(&both).unwrap(), ["AZURE_STORAGE_ACCOUNT_NAME=b"]);
    }

    #[test]
    fn a_connection_string_says_all_by_itself() {
        const STRING: &str = "AZURE_STORAGE_CONNECTION_STRING";
        let whole =
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k==;EndpointSuffix=core.windows.net";
        let expected = [
            "AZURE_STORAGE_ACCOUNT_KEY=k==",
            "AZURE_STORAGE_ACCOUNT_NAME=a",
            "AZURE_STORAGE_ENDPOINT=https://a.blob.core.windows.net",
        ];
        let others =
            [(SAS, "s"), ("AZURE_STORAGE_KEY", "other"), (ENDPOINT, "http://other"), (STRING, whole)];
        assert_eq!(settle(&others).unwrap(), expected);
        let token = "BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D;";
        let expected = [
            "AZURE_STORAGE_ACCOUNT_NAME=a",
            "AZURE_STORAGE_ENDPOINT=https://a.blob.core.windows.net/",
            "AZURE_STORAGE_SAS_TOKEN=sv=1&sig=x%3D",
        ];
        assert_eq!(settle(&[(STRING, token)]).unwrap(), expected);
        let emulated = settle(&[(STRING, "UseDevelopmentStorage=true")]).unwrap();
        assert_eq!(emulated, settle(&[("AZURE_STORAGE_USE_EMULATOR", "true")]).unwrap());
        assert_eq!(emulated[2], "AZURE_STORAGE_ENDPOINT=http://127.0.0.1:10000/devstoreaccount1");
        let reason = "what AZURE_STORAGE_CONNECTION_STRING holds does not read as NAME=VALUE;...";
        for bad in ["hunter2", "AccountKey=k"] {
            assert_eq!(settle(&[(STRING, bad)]).unwrap_err(), reason);
        }
    }
}
