//! Folders that cannot be put into a binary.

use whimbrel::{EmbeddedStore, embed};

static NOWHERE: EmbeddedStore = embed!();
static EDITED: EmbeddedStore = embed!("folders/edited");
static MERGED: EmbeddedStore = embed!("folders/merged");
static INVALID: EmbeddedStore = embed!("folders/invalid");
static NO_TEXT: EmbeddedStore = embed!(migrations);

fn main() {}
