package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What storage.k8s.io is held to. */
class CsiRulesTest {

  private static final String GROUP = "storage.k8s.io";
  private static final Judge ATTACHMENTS = Judge.of(GROUP, "volumeattachments");
  private static final Judge NODES = Judge.of(GROUP, "csinodes");
  private static final Judge CAPACITIES = Judge.of(GROUP, "csistoragecapacities");
  private static final Judge ATTRIBUTES = Judge.of(GROUP, "volumeattributesclasses");
  private static final Judge CLASSES = Judge.of(GROUP, "storageclasses");
  private static final Judge DRIVERS = Judge.of(GROUP, "csidrivers");

  private static String named(String rest) {
    return "{'metadata':{'name':'n'}," + rest + "}";
  }

  private static String attachment(String source) {
    return named("'spec':{'attacher':'csi.example.com','nodeName':'n','source':" + source + "}");
  }

  @Test
  void attachments() {
    String good = attachment("{'persistentVolumeName':'pv'}");
    assertThat(ATTACHMENTS.create(good)).isEmpty();
    assertThat(ATTACHMENTS.create(named("'spec':{'source':{},'nodeName':'n'}")))
        .contains(
            "spec.attacher: Required value",
            "spec.source: Required value: must specify exactly one of inlineVolumeSpec and"
                + " persistentVolumeName");
    assertThat(ATTACHMENTS.create(attachment("{'persistentVolumeName':''}")))
        .contains(
            "spec.source.persistentVolumeName: Required value: must specify non empty"
                + " persistentVolumeName");
    assertThat(ATTACHMENTS.create(attachment("{'persistentVolumeName':'p','inlineVolumeSpec':{}}")))
        .containsExactly(
            "spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and"
                + " persistentVolumeName");
    assertThat(ATTACHMENTS.create(good.replace("'nodeName':'n'", "'nodeName':'N'")))
        .singleElement()
        .asString()
        .startsWith("spec.nodeName: Invalid value: \"N\": a lowercase RFC 1123 subdomain must");
    assertThat(ATTACHMENTS.create(good.replace("csi.example.com", "d".repeat(64))))
        .containsExactly("spec.attacher: Too long: may not be more than 63 bytes");
  }

  @Test
  void volumesInsideAttachments() {
    assertThat(
            ATTACHMENTS.create(
                attachment(
                    "{'inlineVolumeSpec':{'accessModes':['ReadWriteOnce'],"
                        + "'csi':{'driver':'csi.example.com','volumeHandle':'v'}}}")))
        .isEmpty();
    String at = "spec.source.inlineVolumeSpec.";
    assertThat(
            ATTACHMENTS.create(
                attachment(
                    "{'inlineVolumeSpec':{'claimRef':{'name':'c'},'capacity':{'storage':'1Gi'},"
                        + "'nodeAffinity':{'required':{'nodeSelectorTerms':[]}},'storageClassName':'s',"
                        + "'persistentVolumeReclaimPolicy':'Delete','volumeMode':'Block',"
                        + "'hostPath':{'path':'/a'}}}")))
        .containsExactlyInAnyOrder(
            at + "claimRef: Forbidden: may not be specified in the context of inline volumes",
            at + "capacity: Forbidden: may not be specified in the context of inline volumes",
            at + "nodeAffinity: Forbidden: may not be specified in the context of inline volumes",
            at
                + "storageClassName: Forbidden: may not be specified in the context of inline"
                + " volumes",
            at + "csi: Required value: has to be specified in the context of inline volumes",
            at + "accessModes: Required value",
            at
                + "persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of"
                + " inline volumes",
            at
                + "volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the"
                + " context of inline volumes");
  }

  @Test
  void attachmentsKeepTheirSpec() {
    String good = attachment("{'persistentVolumeName':'pv'}");
    assertThat(ATTACHMENTS.update(good, good.replace("'pv'", "'other'")))
        .singleElement()
        .asString()
        .startsWith("spec: Invalid value: {")
        .endsWith("}: field is immutable");
    String failed =
        good.replaceFirst(
            "}$",
            ",'status':{'attached':false,'attachError':{'message':'"
                + "m".repeat(1025)
                + "','errorCode':-1}}}");
    assertThat(ATTACHMENTS.update(good, failed, "status"))
        .containsExactly(
            "status.attachError.message: Too long: may not be more than 262144 bytes",
            "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647,"
                + " inclusive");
    assertThat(
            ATTACHMENTS.update(
                good, failed.replaceFirst("m{1025}", "m").replace("-1", "13"), "status"))
        .isEmpty();
  }

  private static String node(String drivers) {
    return named("'spec':{'drivers':[" + drivers + "]}");
  }

  @Test
  void nodes() {
    assertThat(NODES.create(node(""))).isEmpty();
    assertThat(
            NODES.create(
                node(
                    "{'name':'A.example.com','nodeID':'i','topologyKeys':['example.com/zone'],"
                        + "'allocatable':{'count':0}}")))
        .isEmpty();
    String at = "spec.drivers";
    assertThat(
            NODES.create(
                node(
                    "{'name':'','nodeID':'','topologyKeys':['k','k']},"
                        + "{'name':'d','nodeID':'"
                        + "i".repeat(257)
                        + "','allocatable':{'count':-1}},{'name':'d','nodeID':'i'}")))
        .contains(
            at + "[0].name: Required value",
            at + "[0].nodeID: Required value",
            at + "[0]: Duplicate value: \"k\"",
            at
                + "[1].nodeID: Invalid value: \""
                + "i".repeat(257)
                + "\": must be 256 characters or less",
            at + "[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
            at + "[2].name: Duplicate value: \"d\"")
        .hasSize(7);
  }

  @Test
  void driversOfANodeComeAndGoAsAWhole() {
    String driver = "{'name':'d','nodeID':'%s','topologyKeys':[%s],'allocatable':{'count':%d}}";
    String before = node(driver.formatted("i", "", 1));
    assertThat(NODES.update(before, node(driver.formatted("i", "", 2)))).isEmpty();
    assertThat(NODES.update(before, node(""))).isEmpty();
    assertThat(NODES.update(before, node(driver.formatted("j", "", 1))))
        .containsExactly(
            "spec.drivers: Invalid value: {\"name\":\"d\",\"nodeID\":\"j\"}: field is immutable");
    assertThat(NODES.update(before, node(driver.formatted("i", "'z'", 1)))).hasSize(1);
  }

  @Test
  void capacities() {
    String good =
        "{'metadata':{'name':'n','namespace':'d'},'storageClassName':'s','capacity':'1Gi',"
            + "'nodeTopology':{'matchLabels':{'zone':'a'}}}";
    assertThat(CAPACITIES.create(good)).isEmpty();
    assertThat(CAPACITIES.create(good.replace("1Gi", "-1")))
        .containsExactly("capacity: Invalid value: \"-1\": must be greater than or equal to 0");
    assertThat(CAPACITIES.create(good.replace("'s'", "''")))
        .singleElement()
        .asString()
        .startsWith("storageClassName: Invalid value: \"\": a lowercase RFC 1123 subdomain must");
    assertThat(CAPACITIES.create(good.replace("'zone'", "'a b'"))).hasSize(1);
    assertThat(CAPACITIES.update(good, good.replace("1Gi", "2Gi"))).isEmpty();
    assertThat(CAPACITIES.update(good, good.replace("'s'", "'t'").replace("'a'", "'b'")))
        .containsExactly(
            "nodeTopology: Invalid value: {\"matchLabels\":{\"zone\":\"b\"}}: field is immutable",
            "storageClassName: Invalid value: \"t\": field is immutable");
  }

  /** As was stored before values were looked at. */
  @Test
  void theTopologyOfACapacityMayKeepAValueThatNoLabelHas() {
    String odd =
        "{'metadata':{'name':'n','namespace':'d'},'storageClassName':'s','capacity':'1Gi',"
            + "'nodeTopology':{'matchExpressions':[{'key':'a','operator':'In','values':['-']}]}}";
    assertThat(CAPACITIES.create(odd)).hasSize(1);
    assertThat(CAPACITIES.update(odd, odd.replace("1Gi", "2Gi"))).isEmpty();
  }

  @Test
  void anEmptyTopologyOfAStorageClassIsTheSameAsAnother() {
    assertThat(CLASSES.create(named("'provisioner':'p','allowedTopologies':[{}]")))
        .containsExactly("allowedTopologies[0].matchLabelExpressions: Duplicate value: \"\"");
  }

  @Test
  void classesOfAttributes() {
    String good = named("'driverName':'csi.example.com','parameters':{'iops':'1'}");
    assertThat(ATTRIBUTES.create(good)).isEmpty();
    assertThat(ATTRIBUTES.create(named("'parameters':{}")))
        .containsExactly(
            "driverName: Required value",
            "parameters: Required value: must contain at least one key/value pair");
    assertThat(ATTRIBUTES.create(named("'driverName':'d','parameters':{'':'1'}")))
        .containsExactly("parameters: Invalid value: \"\": field can not be empty.");
    assertThat(
            ATTRIBUTES.create(
                named("'driverName':'d','parameters':{'a':'" + "x".repeat(262144) + "'}")))
        .containsExactly("parameters: Too long: may not be more than 262144 bytes");
    assertThat(ATTRIBUTES.update(good, named("'driverName':'other','parameters':{'iops':'2'}")))
        .containsExactly(
            "driverName: Forbidden: updates to driverName are forbidden.",
            "parameters: Forbidden: updates to parameters are forbidden.");
  }

  @Test
  void topologiesOfStorageClasses() {
    String term = "{'matchLabelExpressions':[{'key':'zone','values':[%s]}]}";
    String classes = "'provisioner':'p','allowedTopologies':[%s]";
    String a = term.formatted("'a'");
    assertThat(CLASSES.create(named(classes.formatted(a)))).isEmpty();
    assertThat(
            CLASSES.create(
                named(
                    classes.formatted(
                        a + "," + a + "," + term.formatted("") + "," + term.formatted("'b','b'")))))
        .containsExactly(
            "allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\"",
            "allowedTopologies[2].matchLabelExpressions[0].values: Required value",
            "allowedTopologies[3].matchLabelExpressions[0].values[1]: Duplicate value: \"b\"");
  }

  @Test
  void drivers() {
    String good = named("'spec':{'attachRequired':true}");
    assertThat(DRIVERS.create(good)).isEmpty();
    assertThat(
            DRIVERS.create(
                named(
                    "'spec':{'fsGroupPolicy':'Some','volumeLifecycleModes':['Eternal'],"
                        + "'nodeAllocatableUpdatePeriodSeconds':9,'tokenRequests':[{'audience':'a',"
                        + "'expirationSeconds':599},{'audience':'a'},{'audience':'b',"
                        + "'expirationSeconds':4294967297}]}")))
        .containsExactly(
            "spec.fsGroupPolicy: Unsupported value: \"Some\": supported values: \"File\", \"None\","
                + " \"ReadWriteOnceWithFSType\"",
            "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a"
                + " duration less than 10 minutes",
            "spec.tokenRequests[1].audience: Duplicate value: \"a\"",
            "spec.tokenRequests[2].expirationSeconds: Invalid value: 4294967297: may not specify a"
                + " duration larger than 2^32 seconds",
            "spec.volumeLifecycleModes: Unsupported value: \"Eternal\": supported values:"
                + " \"Persistent\", \"Ephemeral\"",
            "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or"
                + " equal to 10 seconds");
    String inSecrets = "'spec':{'serviceAccountTokenInSecrets':%s,'tokenRequests':[%s]}";
    assertThat(DRIVERS.create(named(inSecrets.formatted("true", "{'audience':'a'}")))).isEmpty();
    assertThat(DRIVERS.create(named(inSecrets.formatted("false", ""))))
        .containsExactly(
            "spec.serviceAccountTokenInSecrets: Invalid value: false: serviceAccountTokenInSecrets"
                + " is set but no tokenRequests are specified");
    assertThat(DRIVERS.update(good, good.replace("true", "false")))
        .containsExactly("spec.attachedRequired: Invalid value: false: field is immutable");
  }
}
