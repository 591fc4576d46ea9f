//! The checksum databases of a world.

use modfault_gomod::{ModulePath, ModuleVersion, default_go_mod};
use modfault_sumdb::{Record, SumdbContent, SumdbSite};
use modfault_world::World;

use crate::error::RunError;

/// A database with `content` and the records of `modules`, every version in its order.
pub(crate) fn database(
    world: &World,
    mut content: SumdbContent,
    modules: &[String],
) -> Result<SumdbSite, RunError> {
    for module in modules {
        let wrong = |source| RunError::Module {
            module: module.clone(),
            source,
        };
        let source = world
            .modules
            .get(module)
            .ok_or_else(|| RunError::NoModule {
                module: module.clone(),
            })?;
        let path = ModulePath::parse(&source.path).map_err(|source| wrong(source.into()))?;
        for version in &source.versions {
            let parsed =
                ModuleVersion::parse(&version.version).map_err(|source| wrong(source.into()))?;
            let go_mod = match version.files.get("go.mod") {
                Some(go_mod) => go_mod.clone(),
                None => default_go_mod(&path),
            };
            let record = Record::of(&path, &parsed, &version.files, &go_mod);
            content.records.push(record);
        }
    }
    Ok(SumdbSite::new(world.seed, content))
}
