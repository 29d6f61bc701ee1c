"""The example is what Session Manager needs, and lets nobody in (AWS-FACTS 4)."""

from __future__ import annotations

from .houses import EXAMPLE, House
from .policies import grains, of_role
from .rule import Findings, rule

_BUCKET = "arn:aws:s3:::postern-session-logs"


@rule(EXAMPLE)
def nobody_comes_in(house: House) -> Findings:
    """No inbound rule to the instance, no key pair; with an Instance Connect Endpoint, SSH from it alone."""
    if house.the("InstanceSecurityGroup").get("SecurityGroupIngress"):
        yield "the instance has an inbound rule"
    inbound = house.of("AWS::EC2::SecurityGroupIngress")
    by_connect = house.parameters["Reach"] == "instance-connect"
    should = [("ConnectSecurityGroup", 22)] if by_connect else []
    found = [(each.get("SourceSecurityGroupId"), each["FromPort"]) for each in inbound.values()]
    if found != should:
        yield f"the instance lets in {found}"
    if "KeyName" in house.the("Instance"):
        yield "the instance has a key pair"
    if house.the("Instance").get("MetadataOptions", {}).get("HttpTokens") != "required":
        yield "the instance gives its credentials to whoever can make it ask for a page"


@rule(EXAMPLE)
def private_is_private(house: House) -> Findings:
    """Only the public form has a public address and a way to the internet."""
    public = house.parameters["Reach"] == "public"
    leads_out = bool(house.of("AWS::EC2::InternetGateway")) or any(
        route.get("DestinationCidrBlock") == "0.0.0.0/0" for route in house.of("AWS::EC2::Route").values()
    )
    if house.the("Subnet")["MapPublicIpOnLaunch"] is not public or leads_out is not public:
        yield "what is private has a way out, or what is public has none"
    if house.of("AWS::EC2::NatGateway"):
        yield "there is a NAT gateway, which nothing here needs"


@rule(EXAMPLE)
def session_manager_is_reached(house: House) -> Findings:
    """The private form has DNS, the endpoints that are needed, and HTTPS into them."""
    vpc = house.the("Vpc")
    if vpc.get("EnableDnsSupport") is not True or vpc.get("EnableDnsHostnames") is not True:
        yield "private names do not resolve"
    if house.parameters["Reach"] != "private":
        return
    endpoints = {each["ServiceName"].rsplit(".", 1)[1]: each for each in house.of("AWS::EC2::VPCEndpoint").values()}
    for service in ("ssm", "ssmmessages"):
        endpoint = endpoints.get(service, {})
        if endpoint.get("PrivateDnsEnabled") is not True or endpoint.get("SubnetIds") != ["Subnet"]:
            yield f"`{service}` is not reached by its own name"
        if endpoint.get("SecurityGroupIds") != ["EndpointSecurityGroup"]:
            yield f"the endpoint of `{service}` has other security groups"
    inbound = [
        (each["FromPort"], each["ToPort"], each.get("SourceSecurityGroupId"))
        for each in house.the("EndpointSecurityGroup").get("SecurityGroupIngress", [])
    ]
    if inbound != [(443, 443, "InstanceSecurityGroup")]:
        yield f"the endpoints let in {inbound}"
    outbound = [each["ToPort"] for each in house.the("InstanceSecurityGroup")["SecurityGroupEgress"]]
    if outbound != [443]:
        yield f"the instance calls out on {outbound}"


@rule(EXAMPLE)
def logs_get_to_the_bucket(house: House) -> Findings:
    """The role and the S3 endpoint's policy let the agent write logs and see the bucket's encryption."""
    if house.parameters["Reach"] == "instance-connect":
        return
    needed = {("s3:PutObject", f"{_BUCKET}/sessions/*"), ("s3:GetEncryptionConfiguration", _BUCKET)}
    by_role = {(grain.action, grain.resource) for grain in of_role(house, "InstanceRole")}
    endpoint = house.the("S3Endpoint")
    by_endpoint = {
        (grain.action, grain.resource) for grain in grains(endpoint.get("PolicyDocument", {"Statement": []}))
    }
    for missing in sorted(needed - by_role):
        yield f"the instance may not {missing}"
    for missing in sorted(needed - by_endpoint):
        yield f"the S3 endpoint does not let {missing} through"
    if endpoint.get("RouteTableIds") != ["RouteTable"] or endpoint.get("VpcEndpointType") != "Gateway":
        yield "the S3 endpoint is in no route table of the subnet"
    managed = house.the("InstanceRole").get("ManagedPolicyArns")
    if managed != ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]:
        yield f"the instance has the managed policies {managed}"
