//! The ways from few rights to more, as data. The worst come first: what is done with IAM alone.

use crate::state::Kind;

/// A way to more rights.
#[derive(Debug)]
pub struct Method {
    /// What it comes to: `make a notebook that acts as any role`.
    pub gain: &'static str,
    /// Everything it takes.
    pub needs: &'static [Need],
}

impl Method {
    /// What it comes to for something that has a name: `let oneself into role/Admin`.
    pub fn gain_on(&self, name: &str) -> String {
        const ANY: [&str; 8] = [
            "any role",
            "any user",
            "any group",
            "a role",
            "a user",
            "a group",
            "a policy that gives rights",
            "a policy",
        ];
        let any = ANY.iter().find(|any| self.gain.contains(**any));
        any.map_or_else(|| self.gain.to_owned(), |any| self.gain.replacen(any, name, 1))
    }

    /// The services that a role is passed to.
    pub fn services(&self) -> impl Iterator<Item = &'static str> + use<> {
        let services = self.needs.iter().filter_map(|need| match need.on {
            On::PassedTo(services) => Some(services),
            On::Something | On::Any(_) | On::All(_) | On::Others | On::Own(_) | On::Same(_) => None,
        });
        services.flatten().copied().collect::<Vec<_>>().into_iter()
    }
}

/// An action, and on what.
#[derive(Debug)]
pub struct Need {
    /// `lambda:CreateFunction`.
    pub action: &'static str,
    /// On what.
    pub on: On,
}

/// On what an action has to be allowed to be of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Anything: one makes it oneself.
    Something,
    /// Any of a kind: one makes it oneself, or one of them will do. The beginning of their ARNs' last part.
    Any(&'static str),
    /// All there are, since one of them will do: the beginning of their ARNs' last part.
    All(&'static str),
    /// All users but oneself.
    Others,
    /// Oneself, one of one's groups, or a policy one holds; or all of them.
    Own(Kind),
    /// One and the same role or user for every need of the method.
    Same(Kind),
    /// Roles that one of these services may act as.
    PassedTo(&'static [&'static str]),
}

const fn need(action: &'static str, on: On) -> Need {
    Need { action, on }
}

const fn make(action: &'static str) -> Need {
    need(action, On::Something)
}

const fn all(action: &'static str, prefix: &'static str) -> Need {
    need(action, On::All(prefix))
}

const fn any(action: &'static str, prefix: &'static str) -> Need {
    need(action, On::Any(prefix))
}

const fn own(action: &'static str, kind: Kind) -> Need {
    need(action, On::Own(kind))
}

const fn same(action: &'static str, kind: Kind) -> Need {
    need(action, On::Same(kind))
}

const fn pass(services: &'static [&'static str]) -> Need {
    need("iam:PassRole", On::PassedTo(services))
}

macro_rules! methods {
    ($($gain:literal: [$($need:expr),* $(,)?];)*) => {
        &[$(Method { gain: $gain, needs: { const NEEDS: &[Need] = &[$($need),*]; NEEDS } }),*]
    };
}

const APP_RUNNER: &[&str] = &["tasks.apprunner.amazonaws.com"];
const CLOUDFORMATION: &[&str] = &["cloudformation.amazonaws.com"];
const CODEBUILD: &[&str] = &["codebuild.amazonaws.com"];
const CODESTAR: &[&str] = &["codestar.amazonaws.com"];
const EC2: &[&str] = &["ec2.amazonaws.com"];
const ECS: &[&str] = &["ecs-tasks.amazonaws.com"];
const GLUE: &[&str] = &["glue.amazonaws.com"];
const INTERPRETER: &[&str] = &["bedrock-agentcore.amazonaws.com"];
const LAMBDA: &[&str] = &["lambda.amazonaws.com"];
const PIPELINE: &[&str] = &["datapipeline.amazonaws.com", "elasticmapreduce.amazonaws.com"];
const SAGEMAKER: &[&str] = &["sagemaker.amazonaws.com"];

/// Every way. `sts:AssumeRole` on all roles is a rule of its own.
pub static METHODS: &[Method] = methods! {
    "attach any policy to a user": [own("iam:AttachUserPolicy", Kind::User)];
    "write any policy into a user": [own("iam:PutUserPolicy", Kind::User)];
    "attach any policy to a group": [own("iam:AttachGroupPolicy", Kind::Group)];
    "write any policy into a group": [own("iam:PutGroupPolicy", Kind::Group)];
    "attach any policy to a role": [own("iam:AttachRolePolicy", Kind::Role)];
    "write any policy into a role": [own("iam:PutRolePolicy", Kind::Role)];
    "rewrite a policy that gives rights": [own("iam:CreatePolicyVersion", Kind::Policy)];
    "bring back an earlier version of a policy": [own("iam:SetDefaultPolicyVersion", Kind::Policy)];
    "join any group": [all("iam:AddUserToGroup", "group/")];
    "let oneself into any role": [all("iam:UpdateAssumeRolePolicy", "role/")];
    "make keys of any user": [need("iam:CreateAccessKey", On::Others)];
    "give any user a password": [need("iam:CreateLoginProfile", On::Others)];
    "change the password of any user": [need("iam:UpdateLoginProfile", On::Others)];
    "give a role any policy and assume it":
        [same("iam:AttachRolePolicy", Kind::Role), same("sts:AssumeRole", Kind::Role)];
    "write any policy into a role and assume it":
        [same("iam:PutRolePolicy", Kind::Role), same("sts:AssumeRole", Kind::Role)];
    "give a role any policy and let oneself in":
        [same("iam:AttachRolePolicy", Kind::Role), same("iam:UpdateAssumeRolePolicy", Kind::Role)];
    "write any policy into a role and let oneself in":
        [same("iam:PutRolePolicy", Kind::Role), same("iam:UpdateAssumeRolePolicy", Kind::Role)];
    "give a user any policy and make keys for it":
        [same("iam:AttachUserPolicy", Kind::User), same("iam:CreateAccessKey", Kind::User)];
    "write any policy into a user and make keys for it":
        [same("iam:PutUserPolicy", Kind::User), same("iam:CreateAccessKey", Kind::User)];

    "run a function that acts as a role": [pass(LAMBDA), make("lambda:CreateFunction"), make("lambda:InvokeFunction")];
    "have an event run a function that acts as a role":
        [pass(LAMBDA), make("lambda:CreateFunction"), make("lambda:CreateEventSourceMapping")];
    "have others run a function that acts as a role":
        [pass(LAMBDA), make("lambda:CreateFunction"), make("lambda:AddPermission")];
    "start an instance that acts as a role": [pass(EC2), make("ec2:RunInstances")];
    "start a spot instance that acts as a role": [pass(EC2), make("ec2:RequestSpotInstances")];
    "open a notebook that acts as a role": [pass(SAGEMAKER), make("sagemaker:CreateNotebookInstance")];
    "make a user of Studio who acts as a role": [
        pass(SAGEMAKER),
        any("sagemaker:CreateUserProfile", "user-profile/"),
        any("sagemaker:CreatePresignedDomainUrl", "user-profile/"),
    ];
    "give a user of Studio another role, and open Studio as that user": [
        pass(SAGEMAKER),
        any("sagemaker:UpdateUserProfile", "user-profile/"),
        any("sagemaker:CreatePresignedDomainUrl", "user-profile/"),
    ];
    "run a training job that acts as a role": [pass(SAGEMAKER), make("sagemaker:CreateTrainingJob")];
    "run a processing job that acts as a role": [pass(SAGEMAKER), make("sagemaker:CreateProcessingJob")];
    "run a Glue job that acts as a role": [pass(GLUE), make("glue:CreateJob"), make("glue:StartJobRun")];
    "have a trigger run a Glue job that acts as a role":
        [pass(GLUE), make("glue:CreateJob"), make("glue:CreateTrigger")];
    "give a Glue job other code and another role, and run it":
        [pass(GLUE), make("glue:UpdateJob"), make("glue:StartJobRun")];
    "give a Glue job other code and another role, and have a trigger run it":
        [pass(GLUE), make("glue:UpdateJob"), make("glue:CreateTrigger")];
    "open a Glue endpoint that acts as a role": [pass(GLUE), make("glue:CreateDevEndpoint")];
    "have a stack made as a role": [pass(CLOUDFORMATION), make("cloudformation:CreateStack")];
    "have stacks of a set made as a role":
        [pass(CLOUDFORMATION), make("cloudformation:CreateStackSet"), make("cloudformation:CreateStackInstances")];
    "have the stacks of a set changed as a role": [pass(CLOUDFORMATION), make("cloudformation:UpdateStackSet")];
    "build as a role": [pass(CODEBUILD), make("codebuild:CreateProject"), make("codebuild:StartBuild")];
    "build a batch as a role": [pass(CODEBUILD), make("codebuild:CreateProject"), make("codebuild:StartBuildBatch")];
    "run a container that acts as a role": [pass(ECS), make("ecs:RegisterTaskDefinition"), make("ecs:RunTask")];
    "keep containers running that act as a role":
        [pass(ECS), make("ecs:RegisterTaskDefinition"), make("ecs:CreateService")];
    "start a container on an instance, acting as a role":
        [pass(ECS), make("ecs:RegisterTaskDefinition"), make("ecs:StartTask")];
    "run a service that acts as a role": [pass(APP_RUNNER), make("apprunner:CreateService")];
    "run a pipeline that acts as a role":
        [pass(PIPELINE), make("datapipeline:CreatePipeline"), make("datapipeline:PutPipelineDefinition")];
    "run code in an interpreter that acts as a role": [
        pass(INTERPRETER),
        make("bedrock-agentcore:CreateCodeInterpreter"),
        make("bedrock-agentcore:StartCodeInterpreterSession"),
        make("bedrock-agentcore:InvokeCodeInterpreter"),
    ];

    "put code into any function, which acts as its role": [all("lambda:UpdateFunctionCode", "function:")];
    "put a layer under any function, which acts as its role": [all("lambda:UpdateFunctionConfiguration", "function:")];
    "open any notebook, which acts as its role":
        [all("sagemaker:CreatePresignedNotebookInstanceUrl", "notebook-instance/")];
    "open Studio as any of its users, which acts as their role":
        [all("sagemaker:CreatePresignedDomainUrl", "user-profile/")];
    "have any notebook run a script when it starts": [
        make("sagemaker:CreateNotebookInstanceLifecycleConfig"),
        all("sagemaker:UpdateNotebookInstance", "notebook-instance/"),
        all("sagemaker:StopNotebookInstance", "notebook-instance/"),
        all("sagemaker:StartNotebookInstance", "notebook-instance/"),
    ];
    "open a shell on any instance, which acts as its role": [all("ssm:StartSession", "instance/")];
    "run commands on any instance, which acts as its role": [all("ssm:SendCommand", "instance/")];
    "log in to any instance, which acts as its role":
        [all("ec2-instance-connect:SendSSHPublicKey", "instance/"), make("ec2:DescribeInstances")];
    "have any instance run a script when it starts": [
        all("ec2:ModifyInstanceAttribute", "instance/"),
        all("ec2:StopInstances", "instance/"),
        all("ec2:StartInstances", "instance/"),
    ];
    "change what new instances start with, which act as their role": [
        all("ec2:CreateLaunchTemplateVersion", "launch-template/"),
        all("ec2:ModifyLaunchTemplate", "launch-template/"),
    ];
    "log in to any Glue endpoint, which acts as its role": [all("glue:UpdateDevEndpoint", "devEndpoint/")];
    "change any stack as the stack's role": [all("cloudformation:UpdateStack", "stack/")];
    "have any stack changed as the stack's role":
        [all("cloudformation:CreateChangeSet", "stack/"), all("cloudformation:ExecuteChangeSet", "stack/")];
    "build anything as the role of any project": [all("codebuild:StartBuild", "project/")];
    "build batches of anything as the role of any project": [all("codebuild:StartBuildBatch", "project/")];
    "run anything in any App Runner service, which acts as its role": [all("apprunner:UpdateService", "service/")];
    "run code in any interpreter, which acts as its role": [
        all("bedrock-agentcore:StartCodeInterpreterSession", "code-interpreter-custom/"),
        all("bedrock-agentcore:InvokeCodeInterpreter", "code-interpreter-custom/"),
    ];

    // AWS closed CodeStar in 2024; its actions are still there.
    "make a CodeStar project that acts as a role": [pass(CODESTAR), make("codestar:CreateProject")];
    "make a CodeStar project from a template": [make("codestar:CreateProjectFromTemplate")];
    "make a CodeStar project and own it": [make("codestar:CreateProject"), make("codestar:AssociateTeamMember")];
};
