//! The hosts of a world, serving.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_dns::{Zones, serve_dns};
use modfault_git::serve_ssh;
use modfault_gomod::{ModulePath, ModuleVersion};
use modfault_goproxy::{GoproxyContent, GoproxySite};
use modfault_kit::{Bound, Context, Dial, HostName, Login};
use modfault_mitm::{ProxySetup, serve_proxy};
use modfault_pki::Pki;
use modfault_sandbox::Sandbox;
use modfault_sumdb::SumdbContent;
use modfault_web::{Page, PagesSite, Site, TlsSetup, VanitySite, serve_web};
use modfault_world::host::ResolverSpec;
use modfault_world::{Authority, Host, ProxyPlan, Serves, SitePlan, TlsPlan, World};

use crate::database::database;
use crate::error::RunError;
use crate::imports::go_import;
use crate::repositories::Repositories;
use crate::ssh;

/// The servers of one world; each is a task of `tasks` and ends when `stop` is cancelled.
pub(crate) struct Internet<'a> {
    pub(crate) world: &'a World,
    pub(crate) pki: &'a Arc<Pki>,
    pub(crate) repositories: &'a Repositories,
    pub(crate) context: &'a Context,
    pub(crate) dial: &'a Dial,
    pub(crate) stop: &'a CancellationToken,
}

impl Internet<'_> {
    /// Binds every port of every host and starts what serves it.
    pub(crate) fn start(
        &self,
        sandbox: &Sandbox,
        tasks: &mut JoinSet<io::Result<()>>,
    ) -> Result<(), RunError> {
        for (name, host) in &self.world.hosts {
            if let Some(view) = &host.resolver {
                let zones = zones(self.world, view);
                self.start_resolver(sandbox, name, host, zones, tasks)?;
            }
            let sites = self.sites(name, host)?;
            for (port, listener) in &host.listeners {
                if listener.serves == Serves::Nobody {
                    continue;
                }
                let bound = self.bind(sandbox, name, host.address, *port)?;
                let tls = listener.tls.as_ref().map(|plan| self.tls(plan));
                let (context, stop) = (self.context.clone(), self.stop.clone());
                match &listener.serves {
                    Serves::Sites => {
                        tasks.spawn(serve_web(bound, tls, sites.clone(), context, stop))
                    }
                    Serves::Ssh { keys } => {
                        let setup = ssh::server(self.world, self.repositories, name, keys)?;
                        // Without a repository anywhere there is no git to serve with.
                        let Some(setup) = setup else { continue };
                        tasks.spawn(serve_ssh(bound, setup, context, stop))
                    }
                    Serves::HttpProxy(plan) => {
                        tasks.spawn(serve_proxy(bound, self.proxy(plan, tls), context, stop))
                    }
                    Serves::Nobody => continue,
                };
            }
        }
        Ok(())
    }

    fn start_resolver(
        &self,
        sandbox: &Sandbox,
        name: &HostName,
        host: &Host,
        zones: Zones,
        tasks: &mut JoinSet<io::Result<()>>,
    ) -> Result<(), RunError> {
        let address = SocketAddrV4::new(host.address, 53);
        let bind = |source| RunError::Bind {
            host: name.clone(),
            port: 53,
            source,
        };
        let udp = sandbox
            .bind_udp(address)
            .and_then(UdpSocket::from_std)
            .map_err(bind)?;
        let tcp = sandbox
            .bind_tcp(address)
            .and_then(TcpListener::from_std)
            .map_err(bind)?;
        tasks.spawn(serve_dns(
            udp,
            tcp,
            name.clone(),
            zones,
            self.context.clone(),
            self.stop.clone(),
        ));
        Ok(())
    }

    fn bind(
        &self,
        sandbox: &Sandbox,
        name: &HostName,
        address: Ipv4Addr,
        port: u16,
    ) -> Result<Bound, RunError> {
        let listener = sandbox
            .bind_tcp(SocketAddrV4::new(address, port))
            .and_then(TcpListener::from_std)
            .map_err(|source| RunError::Bind {
                host: name.clone(),
                port,
                source,
            })?;
        Ok(Bound {
            host: name.clone(),
            port,
            listener,
        })
    }

    fn tls(&self, plan: &TlsPlan) -> TlsSetup {
        TlsSetup::new(
            Arc::clone(self.pki),
            authority(plan.authority),
            plan.names.clone(),
        )
    }

    fn proxy(&self, plan: &ProxyPlan, tls: Option<TlsSetup>) -> ProxySetup {
        ProxySetup {
            terminate: plan.terminate.map(authority),
            login: plan.login.as_ref().map(login),
            deny: plan.deny.clone(),
            deny_paths: plan.deny_paths.clone(),
            connect_ports: plan.connect_ports.clone(),
            tls,
            ..ProxySetup::new(Arc::clone(self.pki), self.dial.clone())
        }
    }

    fn sites(&self, name: &HostName, host: &Host) -> Result<Vec<Arc<dyn Site>>, RunError> {
        host.sites
            .iter()
            .filter_map(|plan| self.site(name, plan).transpose())
            .collect()
    }

    fn site(&self, name: &HostName, plan: &SitePlan) -> Result<Option<Arc<dyn Site>>, RunError> {
        let site: Arc<dyn Site> = match plan {
            SitePlan::Goproxy {
                prefix,
                modules,
                login: wanted,
            } => {
                let mut content = GoproxyContent {
                    prefix: prefix.clone(),
                    ..GoproxyContent::default()
                };
                content.login = wanted.as_ref().map(login);
                for module in modules {
                    content = self.with_module(content, module)?;
                }
                Arc::new(GoproxySite::new(content))
            }
            SitePlan::Sumdb {
                prefix,
                name,
                modules,
                fillers,
                login: wanted,
            } => Arc::new(database(
                self.world,
                SumdbContent {
                    prefix: prefix.clone(),
                    name: name.clone(),
                    records: Vec::new(),
                    fillers: *fillers,
                    login: wanted.as_ref().map(login),
                },
                modules,
            )?),
            SitePlan::Git { .. } => {
                return Ok(self.repositories.site(name, &self.context.recorder));
            }
            SitePlan::Vanity { imports } => {
                let imports = imports
                    .iter()
                    .map(|(prefix, import)| (prefix.clone(), go_import(import)))
                    .collect();
                Arc::new(VanitySite::new(name.clone(), imports))
            }
            SitePlan::Pages { pages } => {
                let page = |page: &modfault_world::host::Page| Page {
                    status: page.status,
                    content_type: page.content_type.clone(),
                    body: page.body.clone(),
                };
                Arc::new(PagesSite::new(
                    pages
                        .iter()
                        .map(|(path, plan)| (path.clone(), page(plan)))
                        .collect(),
                ))
            }
        };
        Ok(Some(site))
    }

    fn with_module(
        &self,
        mut content: GoproxyContent,
        module: &str,
    ) -> Result<GoproxyContent, RunError> {
        let source = self
            .world
            .modules
            .get(module)
            .ok_or_else(|| RunError::NoModule {
                module: module.to_owned(),
            })?;
        let path = ModulePath::parse(&source.path).map_err(|source| RunError::Module {
            module: module.to_owned(),
            source: source.into(),
        })?;
        for version in &source.versions {
            let parsed =
                ModuleVersion::parse(&version.version).map_err(|source| RunError::Module {
                    module: module.to_owned(),
                    source: source.into(),
                })?;
            content = content.with_version(path.clone(), parsed, version.files.clone());
        }
        Ok(content)
    }
}

/// What a name server of `world` knows: every host and the names that the scenario adds, but for what it sees otherwise.
fn zones(world: &World, view: &ResolverSpec) -> Zones {
    let mut known: BTreeMap<&HostName, Vec<IpAddr>> = BTreeMap::new();
    for (name, host) in &world.hosts {
        known.entry(name).or_default().push(host.address.into());
    }
    for (name, addresses) in &world.names {
        known.entry(name).or_default().extend(addresses);
    }
    known.retain(|name, _| !view.hides(name));
    for (name, addresses) in &view.names {
        known.insert(name, addresses.clone());
    }
    let known = known.into_iter();
    known
        .map(|(name, addresses)| (name.clone(), addresses))
        .collect()
}

/// The authority that the plan means.
pub(crate) fn authority(authority: Authority) -> modfault_pki::Authority {
    match authority {
        Authority::Public => modfault_pki::Authority::Public,
        Authority::Corporate => modfault_pki::Authority::Corporate,
    }
}

fn login(login: &modfault_world::Login) -> Login {
    Login {
        user: login.user.clone(),
        password: login.password.clone(),
    }
}
