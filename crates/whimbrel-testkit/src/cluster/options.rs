//! What a cluster may be asked for.

/// How a [`Cluster`](super::Cluster) is to be. The default asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct ClusterOptions {
    /// The password of `postgres`: with one, every connection must give one
    /// (SCRAM); without one, every connection is trusted.
    pub password: Option<String>,
    /// Further server settings.
    pub settings: Vec<(String, String)>,
    /// Further files in the data folder, such as certificates.
    pub files: Vec<(String, String)>,
    /// Whether the server is to be a standby: it replays, and only reads.
    pub standby: bool,
}
