//! Where a bucket is, as a person writes it.

use std::fmt;

use super::{BucketError, check_path};

/// A folder in a bucket: `s3://BUCKET/FOLDER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) provider: Provider,
    pub(super) bucket: String,
    /// The folder, without `/` at its ends; empty for the bucket as a whole.
    pub(super) prefix: String,
}

/// Whose bucket it is, or whose language it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    S3,
    Google,
    Azure,
}

impl Provider {
    const ALL: [Self; 3] = [Self::S3, Self::Google, Self::Azure];

    /// What the names of its variables begin with.
    pub(super) fn variables(self) -> &'static str {
        match self {
            Self::S3 => "AWS_",
            Self::Google => "GOOGLE_",
            Self::Azure => "AZURE_",
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3://",
            Self::Google => "gs://",
            Self::Azure => "az://",
        }
    }
}

impl Location {
    pub(super) fn is_url(text: &str) -> bool {
        Provider::ALL.iter().any(|provider| text.starts_with(provider.scheme()))
    }

    /// Reads a URL. What is wrong with it is said without repeating it: it may
    /// hold a password.
    pub(super) fn parse(text: &str) -> Result<Self, BucketError> {
        let bad = |reason| BucketError::Location { reason };
        let split = |provider: Provider| Some((provider, text.strip_prefix(provider.scheme())?));
        let (provider, rest) = Provider::ALL
            .into_iter()
            .find_map(split)
            .ok_or(bad("it begins with none of `s3://`, `gs://` and `az://`"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        if rest.contains('@') {
            Err(bad("it holds an `@`, and credentials belong into environment variables"))
        } else if rest.contains(['?', '#']) {
            Err(bad("it holds a `?` or `#`, and there is nothing to be said after one"))
        } else if !is_bucket(bucket) {
            Err(bad("it names no bucket after its `//`"))
        } else if !prefix.is_empty() && check_path(prefix).is_err() {
            Err(bad("what follows the bucket is no folder"))
        } else {
            Ok(Self { provider, bucket: bucket.to_owned(), prefix: prefix.to_owned() })
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.provider.scheme(), self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

/// Says whether some provider takes the name for a bucket.
fn is_bucket(name: &str) -> bool {
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.$".contains(&byte);
    !name.is_empty() && name.bytes().all(is_taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_bucket_and_a_folder() {
        for (text, bucket, prefix, shown) in [
            ("s3://releases", "releases", "", "s3://releases"),
            ("s3://releases/", "releases", "", "s3://releases"),
            (
                "gs://releases/shop/migrations/",
                "releases",
                "shop/migrations",
                "gs://releases/shop/migrations",
            ),
            ("az://my-container/x", "my-container", "x", "az://my-container/x"),
        ] {
            let location = Location::parse(text).unwrap();
            assert_eq!((location.bucket.as_str(), location.prefix.as_str()), (bucket, prefix), "{text}");
            assert_eq!(location.to_string(), shown);
        }
    }

    #[test]
    fn what_names_no_bucket_is_refused_and_not_repeated() {
        for (text, expected) in [
            ("ftp://x", "it begins with none of `s3://`, `gs://` and `az://`"),
            ("s3://", "it names no bucket after its `//`"),
            ("s3:///folder", "it names no bucket after its `//`"),
            ("s3://a b/folder", "it names no bucket after its `//`"),
            (
                "s3://AKIA:hunter2@bucket/x",
                "it holds an `@`, and credentials belong into environment variables",
            ),
            ("az://bucket/x?sig=hunter2", "it holds a `?` or `#`, and there is nothing to be said after one"),
            ("s3://bucket/../x", "what follows the bucket is no folder"),
            ("s3://bucket//x", "what follows the bucket is no folder"),
        ] {
            let error = Location::parse(text).unwrap_err();
            assert_eq!(error.to_string(), format!("the URL of a bucket does not read: {expected}"));
        }
    }
}
