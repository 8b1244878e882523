//! Condition keys that are not of one service, by hand from AWS's page on them: no package has them in full.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use super::key::{ConditionKey, KeyKind, KeyKind::*, stands_for};

/// A condition key that any service can have.
#[derive(Debug)]
pub(super) struct GlobalKey {
    pub(super) key: ConditionKey,
    pub(super) reach: Reach,
}

/// When a request has a global key, by "Availability" on AWS's page. `aws:ResourceAccount` is there for most
/// actions only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// In every request that is signed.
    Always,
    /// Depends on who asks, from where, or for what.
    Sometimes,
    /// With the actions that the reference lists it for.
    Listed,
}

const fn one(name: &'static str, kind: KeyKind, reach: Reach) -> GlobalKey {
    GlobalKey { key: ConditionKey { name, kind, many: false }, reach }
}

const fn many(name: &'static str, kind: KeyKind, reach: Reach) -> GlobalKey {
    GlobalKey { key: ConditionKey { name, kind, many: true }, reach }
}

/// Sorted without case.
pub(super) static ALL: &[GlobalKey] = {
    use Reach::{Always, Listed, Sometimes};
    &[
        one("aws:AssumedRoot", Bool, Sometimes),
        many("aws:CalledVia", Text, Sometimes),
        one("aws:CalledViaAWSMCP", Text, Sometimes),
        one("aws:CalledViaFirst", Text, Sometimes),
        one("aws:CalledViaLast", Text, Sometimes),
        one("aws:ChatbotSourceArn", Arn, Sometimes),
        one("aws:CurrentTime", Date, Always),
        one("aws:Ec2InstanceSourcePrivateIPv4", Ip, Sometimes),
        one("aws:Ec2InstanceSourceVpc", Text, Sometimes),
        one("aws:EpochTime", Date, Always),
        one("aws:FederatedProvider", Text, Sometimes),
        one("aws:IsMcpServiceAction", Bool, Sometimes),
        one("aws:MultiFactorAuthAge", Number, Sometimes),
        one("aws:MultiFactorAuthPresent", Bool, Sometimes),
        one("aws:PrincipalAccount", Text, Always),
        one("aws:PrincipalArn", Arn, Always),
        one("aws:PrincipalIsAWSService", Bool, Always),
        one("aws:PrincipalOrgID", Text, Sometimes),
        one("aws:PrincipalOrgMasterAccountId", Text, Sometimes),
        many("aws:PrincipalOrgPaths", Text, Sometimes),
        one("aws:PrincipalServiceName", Text, Sometimes),
        many("aws:PrincipalServiceNamesList", Text, Sometimes),
        one("aws:PrincipalTag/${TagKey}", Text, Sometimes),
        one("aws:PrincipalType", Text, Always),
        one("aws:referer", Text, Sometimes),
        one("aws:RequestedRegion", Text, Always),
        one("aws:RequestTag/${TagKey}", Text, Listed),
        one("aws:ResourceAccount", Text, Sometimes),
        one("aws:ResourceOrgID", Text, Sometimes),
        many("aws:ResourceOrgPaths", Text, Sometimes),
        one("aws:ResourceTag/${TagKey}", Text, Listed),
        one("aws:SecureTransport", Bool, Always),
        one("aws:SignInSessionArn", Arn, Sometimes),
        one("aws:SourceAccount", Text, Sometimes),
        one("aws:SourceArn", Arn, Sometimes),
        one("aws:SourceIdentity", Text, Sometimes),
        one("aws:SourceIp", Ip, Sometimes),
        one("aws:SourceOrgID", Text, Sometimes),
        many("aws:SourceOrgPaths", Text, Sometimes),
        // Of Amazon SNS, from before `aws:SourceAccount`.
        one("aws:SourceOwner", Text, Sometimes),
        one("aws:SourceVpc", Text, Sometimes),
        one("aws:SourceVpcArn", Arn, Sometimes),
        one("aws:SourceVpce", Text, Sometimes),
        many("aws:TagKeys", Text, Listed),
        one("aws:TokenIssueTime", Date, Sometimes),
        one("aws:UserAgent", Text, Always),
        one("aws:userid", Text, Always),
        one("aws:username", Text, Sometimes),
        one("aws:ViaAWSMCPService", Bool, Sometimes),
        one("aws:ViaAWSService", Bool, Always),
        one("aws:VpceAccount", Text, Sometimes),
        one("aws:VpceOrgID", Text, Sometimes),
        many("aws:VpceOrgPaths", Text, Sometimes),
        one("aws:VpcSourceIp", Ip, Sometimes),
        // What a session that a service made brings to every other service.
        one("ec2:RoleDelivery", Number, Sometimes),
        one("ec2:SourceInstanceArn", Arn, Sometimes),
        one("glue:CredentialIssuingService", Text, Sometimes),
        one("glue:RoleAssumedBy", Text, Sometimes),
        one("identitystore:UserId", Text, Sometimes),
        one("lambda:SourceFunctionArn", Arn, Sometimes),
        one("ssm:SourceInstanceArn", Arn, Sometimes),
    ]
};

/// The global key that this is, whatever its case.
pub(super) fn find(key: &str) -> Option<&'static GlobalKey> {
    ALL.iter().find(|global| stands_for(global.key.name, key))
}
