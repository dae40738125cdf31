//! Another session that holds something.

use tokio::runtime::{Builder, Runtime};
use whimbrel::db::{ConnectOptions, Connection, connect};

/// A session of its own. It ends when it is dropped.
pub(crate) struct Session {
    runtime: Runtime,
    connection: Box<dyn Connection>,
}

impl Session {
    pub(crate) fn open(url: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let url = url.parse().expect("a URL of our own making");
        let connection = runtime.block_on(connect(&url, &ConnectOptions::default()));
        Self { connection: connection.expect("the server is there"), runtime }
    }

    pub(crate) fn run(&mut self, sql: &str) {
        self.runtime.block_on(self.connection.execute(sql)).expect("the statement of the test is sound");
    }
}
