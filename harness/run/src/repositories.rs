//! The git repositories of one world: shared ones are only read, those that a world changes are copies of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use modfault_git::{
    Git, GitSite, History, Repository, RepositoryStore, Tagging, copy, retag, variant,
};
use modfault_kit::fault::{Fault, GitFault};
use modfault_kit::{HostName, Login, Recorder};
use modfault_web::Site;
use modfault_world::{SitePlan, Step, World};

use crate::error::RunError;
use crate::folder::RunFolder;
use crate::phase::Options;

/// What the machine's git calls itself; it costs a process to ask.
static VERSION: OnceLock<String> = OnceLock::new();

/// The repositories of one world, by host and path there.
#[derive(Debug)]
pub(crate) struct Repositories {
    git: Option<Git>,
    made: BTreeMap<(HostName, String), Made>,
    /// Holds the copies; removed with the world.
    _folder: Option<RunFolder>,
}

#[derive(Debug)]
struct Made {
    directory: PathBuf,
    login: Option<Login>,
    variants: Vec<(GitFault, PathBuf)>,
}

impl Repositories {
    /// Makes what `world` needs and the store does not have yet.
    pub(crate) fn prepare(world: &World, options: &Options) -> Result<Self, RunError> {
        let mut planned = Vec::new();
        for (host, plan) in &world.hosts {
            for site in &plan.sites {
                if let SitePlan::Git { repositories } = site {
                    planned.extend(
                        repositories
                            .iter()
                            .map(|(path, repository)| (host, path, repository)),
                    );
                }
            }
        }
        if planned.is_empty() {
            return Ok(Self {
                git: None,
                made: BTreeMap::new(),
                _folder: None,
            });
        }
        let git = Git::find(&options.search_path).map_err(RunError::git)?;
        let store = RepositoryStore::new(git.clone(), options.cache.join("repositories"));
        let mut folder = None;
        let mut made = BTreeMap::new();
        for (number, (host, path, repository)) in planned.into_iter().enumerate() {
            let failed = |source| RunError::Repository {
                host: host.clone(),
                repository: path.clone(),
                source: Box::new(source),
            };
            let mut directory = store
                .get(&history(world, repository).map_err(failed)?)
                .map_err(failed)?;
            let changes = changes(world, host);
            let mut variants = Vec::new();
            if !changes.faults.is_empty() || changes.retagged {
                let folder = match &folder {
                    Some(folder) => folder,
                    None => folder.insert(RunFolder::make(&options.cache)?),
                };
                for (nth, fault) in changes.faults.into_iter().enumerate() {
                    let into = folder.path().join(format!("{number}-variant-{nth}.git"));
                    if variant(&directory, fault, &into).map_err(failed)? {
                        variants.push((fault.clone(), into));
                    }
                }
                if changes.retagged {
                    let own = folder.path().join(format!("{number}.git"));
                    copy(&directory, &own).map_err(failed)?;
                    directory = own;
                }
            }
            let login = repository.login.as_ref().map(|login| Login {
                user: login.user.clone(),
                password: login.password.clone(),
            });
            made.insert(
                (host.clone(), path.clone()),
                Made {
                    directory,
                    login,
                    variants,
                },
            );
        }
        Ok(Self {
            git: Some(git),
            made,
            _folder: folder,
        })
    }

    /// The version of git, where the world has repositories: it is the client's too.
    pub(crate) fn tools(&self) -> Result<BTreeMap<String, String>, RunError> {
        let Some(git) = &self.git else {
            return Ok(BTreeMap::new());
        };
        let version = match VERSION.get() {
            Some(version) => version.clone(),
            None => {
                let version = git.version().map_err(RunError::git)?;
                VERSION.get_or_init(|| version).clone()
            }
        };
        Ok(BTreeMap::from([("git".to_owned(), version)]))
    }

    /// The git server at `host`.
    pub(crate) fn site(&self, host: &HostName, recorder: &Recorder) -> Option<Arc<dyn Site>> {
        let mut site = GitSite::new(self.git.clone()?, recorder.clone());
        for ((_, path), made) in self.made.iter().filter(|((of, _), _)| of == host) {
            let mut repository = Repository::new(made.directory.clone());
            if let Some(login) = &made.login {
                repository = repository.login(login.clone());
            }
            for (fault, directory) in &made.variants {
                repository = repository.variant(fault.clone(), directory.clone());
            }
            site = site.repository(path, repository);
        }
        Some(Arc::new(site))
    }

    /// The git that serves, where the world has repositories.
    pub(crate) fn git(&self) -> Option<&Git> {
        self.git.as_ref()
    }

    /// The directories of the repositories at `host`, by their path there.
    pub(crate) fn directories(&self, host: &HostName) -> BTreeMap<String, PathBuf> {
        self.made
            .iter()
            .filter(|((of, _), _)| of == host)
            .map(|((_, path), made)| (path.clone(), made.directory.clone()))
            .collect()
    }

    /// Moves a tag.
    pub(crate) fn retag(
        &self,
        host: &HostName,
        path: &str,
        tag: &str,
        to: &str,
    ) -> Result<(), RunError> {
        let key = (host.clone(), path.to_owned());
        let Some(made) = self.made.get(&key) else {
            return Err(RunError::NoRepository {
                host: host.clone(),
                repository: path.to_owned(),
            });
        };
        retag(&made.directory, tag, to).map_err(|source| RunError::Repository {
            host: host.clone(),
            repository: path.to_owned(),
            source: Box::new(source),
        })
    }
}

/// What a world does to the repositories of a host beyond reading them.
struct Changes<'a> {
    faults: Vec<&'a GitFault>,
    retagged: bool,
}

fn changes<'a>(world: &'a World, host: &HostName) -> Changes<'a> {
    let faults = world.faults.iter().filter(|placed| placed.on == *host);
    Changes {
        faults: faults
            .filter_map(|placed| match &placed.what {
                Fault::Git(
                    fault @ (GitFault::HiddenRef(_)
                    | GitFault::MovedTag { .. }
                    | GitFault::MovedBranch { .. }),
                ) => Some(fault),
                _ => None,
            })
            .collect(),
        retagged: world
            .steps
            .iter()
            .any(|step| matches!(step, Step::Retag { host: at, .. } if at == host)),
    }
}

fn history(
    world: &World,
    plan: &modfault_world::Repository,
) -> Result<History, modfault_git::GitError> {
    let mut history = History::new();
    let below = plan.subdirectories.iter();
    let below = below.map(|(directory, module)| (directory.as_str(), module));
    for (directory, module) in std::iter::once(("", &plan.module)).chain(below) {
        for source in world
            .modules
            .get(module)
            .map(|module| module.versions.as_slice())
            .unwrap_or_default()
        {
            let tagging = if plan.untagged.contains(&source.version) {
                Tagging::Untagged
            } else {
                Tagging::Tagged
            };
            history = history.version_in(directory, &source.version, &source.files, tagging);
        }
    }
    for (name, version) in &plan.branches {
        history = history.branch(name, version)?;
    }
    Ok(history)
}
