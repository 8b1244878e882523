//! Notebook instances. They are stopped, changed, started and deleted from one state to the next, and while they are on the
//! way AWS refuses everything else.

use std::time::Duration;

use super::error::{Fault, Sort};
use super::sagemaker_forms::{metadata, root, size, some_list};
use super::write_sagemaker::{Work, exists};
use crate::state::{Notebook, Settings};
use aws_sdk_sagemaker::types as sm;

/// As long as Terraform's provider waits, which is as long as AWS was seen to need.
const NOTEBOOK_START_BOUND: Duration = Duration::from_secs(60 * 60);
const NOTEBOOK_STOP_BOUND: Duration = Duration::from_secs(10 * 60);
/// A start that AWS took and that does not show after so long is asked for again: it sometimes does not take.
const START_AGAIN_AFTER: Duration = Duration::from_secs(30);
const STARTS_MAX: u32 = 10;

impl Work<'_> {
    pub(super) async fn create_notebook(
        &self,
        notebook: &Notebook,
        settings: &Settings,
    ) -> Result<(), Fault> {
        let Notebook {
            subnet,
            security_groups,
            direct_internet,
            kms_key,
            instance_type,
            execution_role,
            volume_gb,
            root_access,
            metadata_version,
            lifecycle,
            running,
        } = notebook;
        let name = self.id().name.as_str();
        let call = self
            .handle
            .client
            .create_notebook_instance()
            .notebook_instance_name(name)
            .instance_type(sm::InstanceType::from(instance_type.as_str()))
            .role_arn(execution_role)
            .set_subnet_id(subnet.clone())
            .set_security_group_ids(some_list(security_groups))
            .direct_internet_access(if *direct_internet {
                sm::DirectInternetAccess::Enabled
            } else {
                sm::DirectInternetAccess::Disabled
            })
            .set_kms_key_id(kms_key.clone())
            .volume_size_in_gb(size(*volume_gb))
            .root_access(root(*root_access))
            .instance_metadata_service_configuration(metadata(*metadata_version))
            .set_lifecycle_config_name(lifecycle.as_ref().map(|id| id.name.clone()))
            .set_tags(self.tags(settings));
        let made = async || exists(self.handle.describe_notebook(name).await);
        self.task.link.tell(self.task.lag, send!(call), made).await?;
        self.notebook_is(&["InService"], NOTEBOOK_START_BOUND).await?;
        if *running == Some(false) { self.stop().await } else { Ok(()) }
    }

    /// Stopped for the change, whatever it is: AWS changes nothing on one that runs. Its volume stays.
    pub(super) async fn update_notebook(&self, found: &Notebook, wanted: &Notebook) -> Result<(), Fault> {
        let name = self.id().name.as_str();
        let same_but_running = Notebook { running: wanted.running, ..found.clone() } == *wanted;
        if !same_but_running {
            self.stop().await?;
            let mut call = self.handle.client.update_notebook_instance().notebook_instance_name(name);
            if found.instance_type != wanted.instance_type {
                call = call.instance_type(sm::InstanceType::from(wanted.instance_type.as_str()));
            }
            if found.execution_role != wanted.execution_role {
                call = call.role_arn(&wanted.execution_role);
            }
            if found.volume_gb != wanted.volume_gb {
                call = call.volume_size_in_gb(size(wanted.volume_gb));
            }
            if found.root_access != wanted.root_access {
                call = call.root_access(root(wanted.root_access));
            }
            if found.metadata_version != wanted.metadata_version {
                call = call.instance_metadata_service_configuration(metadata(wanted.metadata_version));
            }
            if found.lifecycle != wanted.lifecycle {
                call = match &wanted.lifecycle {
                    Some(id) => call.lifecycle_config_name(&id.name),
                    None => call.disassociate_lifecycle_config(true),
                };
            }
            // A second call would be refused while the first is under way.
            self.tell_notebook(send!(call), &["Updating"]).await?;
            self.notebook_is(&["Stopped"], NOTEBOOK_STOP_BOUND).await?;
        }
        match wanted.running {
            Some(true) => self.start().await,
            Some(false) => self.stop().await,
            None => Ok(()),
        }
    }

    async fn notebook_status(&self) -> Result<(String, Option<String>), Fault> {
        let notebook = self.handle.describe_notebook(&self.id().name).await?;
        let status = notebook.notebook_instance_status().map(sm::NotebookInstanceStatus::as_str);
        Ok((status.unwrap_or_default().to_owned(), notebook.failure_reason().map(ToOwned::to_owned)))
    }

    async fn notebook_is(&self, good: &[&str], bound: Duration) -> Result<(), Fault> {
        self.handle.until(self.id(), good, bound, async || self.notebook_status().await).await
    }

    async fn stop(&self) -> Result<(), Fault> {
        let mut status = self.notebook_status().await?.0;
        if !["Stopped", "Failed", "Stopping", "InService"].contains(&status.as_str()) {
            self.notebook_is(&["InService", "Stopped"], NOTEBOOK_START_BOUND).await?;
            status = self.notebook_status().await?.0;
        }
        match status.as_str() {
            "Stopped" | "Failed" => return Ok(()),
            "Stopping" => {}
            _ => {
                let client = &self.handle.client;
                let call = client.stop_notebook_instance().notebook_instance_name(&self.id().name);
                self.tell_notebook(send!(call), &["Stopping", "Stopped"]).await?;
            }
        }
        self.notebook_is(&["Stopped"], NOTEBOOK_STOP_BOUND).await
    }

    /// Tells a notebook to go from one state to another. Once it is on the way, AWS refuses to be told again.
    async fn tell_notebook(
        &self,
        call: impl AsyncFn() -> Result<(), Fault>,
        on_the_way: &[&str],
    ) -> Result<(), Fault> {
        let begun = async || Ok(on_the_way.contains(&self.notebook_status().await?.0.as_str()));
        self.task.link.tell(self.task.lag, call, begun).await
    }

    async fn start(&self) -> Result<(), Fault> {
        let name = self.id().name.as_str();
        for _ in 0..STARTS_MAX {
            match self.notebook_status().await?.0.as_str() {
                "InService" => return Ok(()),
                "Stopping" | "Updating" => self.notebook_is(&["Stopped"], NOTEBOOK_STOP_BOUND).await?,
                _ => {}
            }
            if self.notebook_status().await?.0 == "Stopped" {
                let call = self.handle.client.start_notebook_instance().notebook_instance_name(name);
                self.tell_notebook(send!(call), &["Pending", "InService"]).await?;
            }
            let moving = self
                .handle
                .until(self.id(), &["Pending", "InService"], START_AGAIN_AFTER, async || {
                    self.notebook_status().await
                })
                .await;
            match moving {
                Ok(()) => return self.notebook_is(&["InService"], NOTEBOOK_START_BOUND).await,
                Err(fault) if fault.code == "WaitedTooLong" => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(Fault::invalid("NotStarted", format!("{} was told to start and does not", self.id().address())))
    }

    pub(super) async fn delete_notebook(&self) -> Result<(), Fault> {
        let (client, name) = (&self.handle.client, self.id().name.as_str());
        match self.stop().await {
            Err(fault) if fault.sort == Sort::Absent => return Ok(()),
            stopped => stopped?,
        }
        let call = client.delete_notebook_instance().notebook_instance_name(name);
        let begun = async || match self.notebook_status().await {
            Err(fault) if fault.sort == Sort::Absent => Ok(true),
            status => Ok(status?.0 == "Deleting"),
        };
        match self.task.link.tell(self.task.lag, send!(call), begun).await {
            Err(fault) if fault.sort == Sort::Absent => return Ok(()),
            told => told?,
        }
        self.gone(NOTEBOOK_STOP_BOUND, async || self.notebook_status().await).await
    }
}
