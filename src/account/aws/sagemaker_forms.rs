//! What hatrack says, in the SDK's words for SageMaker, and settings changed in place.

use std::collections::BTreeSet;

use aws_sdk_sagemaker::types as sm;

use crate::state::{AppType, NetworkAccess};

pub(super) fn tag(key: &str, value: &str) -> sm::Tag {
    sm::Tag::builder().key(key).value(value).build()
}

pub(super) fn empty() -> sm::UserSettings {
    sm::UserSettings::builder().build()
}

pub(super) fn some_list(items: &BTreeSet<String>) -> Option<Vec<String>> {
    (!items.is_empty()).then(|| items.iter().cloned().collect())
}

pub(super) fn size(gb: u32) -> i32 {
    i32::try_from(gb).unwrap_or(i32::MAX)
}

pub(super) fn network(access: NetworkAccess) -> sm::AppNetworkAccessType {
    match access {
        NetworkAccess::PublicInternetOnly => sm::AppNetworkAccessType::PublicInternetOnly,
        NetworkAccess::VpcOnly => sm::AppNetworkAccessType::VpcOnly,
    }
}

pub(super) fn root(access: bool) -> sm::RootAccess {
    if access { sm::RootAccess::Enabled } else { sm::RootAccess::Disabled }
}

pub(super) fn metadata(version: u8) -> sm::InstanceMetadataServiceConfiguration {
    let version = version.to_string();
    sm::InstanceMetadataServiceConfiguration::builder()
        .minimum_instance_metadata_service_version(version)
        .build()
}

pub(super) fn app_type(app: AppType) -> sm::StudioLifecycleConfigAppType {
    match app {
        AppType::JupyterLab => sm::StudioLifecycleConfigAppType::JupyterLab,
        AppType::CodeEditor => sm::StudioLifecycleConfigAppType::CodeEditor,
        AppType::JupyterServer => sm::StudioLifecycleConfigAppType::JupyterServer,
        AppType::KernelGateway => sm::StudioLifecycleConfigAppType::KernelGateway,
    }
}

pub(super) fn hook(script: Option<&str>) -> Option<Vec<sm::NotebookInstanceLifecycleHook>> {
    let hook = sm::NotebookInstanceLifecycleHook::builder().content(encoded(script?)).build();
    Some(vec![hook])
}

pub(super) fn encoded(script: &str) -> String {
    aws_smithy_types::base64::encode(script.as_bytes())
}

/// The time after which idle apps of both editors stop.
pub(super) fn set_idle(user: &mut sm::UserSettings, minutes: Option<u32>) {
    let managed = match minutes {
        Some(_) => sm::LifecycleManagement::Enabled,
        None => sm::LifecycleManagement::Disabled,
    };
    let mut lab = user.jupyter_lab_app_settings.take();
    if lab.is_none() && minutes.is_none() {
        return;
    }
    let settings = |before: Option<sm::AppLifecycleManagement>| {
        let mut idle = before
            .and_then(|management| management.idle_settings)
            .unwrap_or_else(|| sm::IdleSettings::builder().build());
        idle.lifecycle_management = Some(managed.clone());
        idle.idle_timeout_in_minutes = minutes.and_then(|n| i32::try_from(n).ok());
        Some(sm::AppLifecycleManagement::builder().idle_settings(idle).build())
    };
    let mut these = lab.take().unwrap_or_else(|| sm::JupyterLabAppSettings::builder().build());
    these.app_lifecycle_management = settings(these.app_lifecycle_management.take());
    user.jupyter_lab_app_settings = Some(these);
    let mut editor =
        user.code_editor_app_settings.take().unwrap_or_else(|| sm::CodeEditorAppSettings::builder().build());
    editor.app_lifecycle_management = settings(editor.app_lifecycle_management.take());
    user.code_editor_app_settings = Some(editor);
}

/// Changes the list of scripts of one sort of app; an empty list takes the last away.
pub(super) fn change_scripts(
    user: &mut sm::UserSettings,
    app: AppType,
    change: impl FnOnce(&mut Vec<String>),
) {
    macro_rules! of {
        ($field:ident, $settings:ident) => {{
            let mut settings = user.$field.take().unwrap_or_else(|| sm::$settings::builder().build());
            let mut arns = settings.lifecycle_config_arns.take().unwrap_or_default();
            change(&mut arns);
            settings.lifecycle_config_arns = Some(arns);
            user.$field = Some(settings);
        }};
    }
    match app {
        AppType::JupyterLab => of!(jupyter_lab_app_settings, JupyterLabAppSettings),
        AppType::CodeEditor => of!(code_editor_app_settings, CodeEditorAppSettings),
        AppType::JupyterServer => of!(jupyter_server_app_settings, JupyterServerAppSettings),
        AppType::KernelGateway => of!(kernel_gateway_app_settings, KernelGatewayAppSettings),
    }
}
