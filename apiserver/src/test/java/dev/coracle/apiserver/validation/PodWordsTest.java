package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a Pod's name resolution, operating system, spreading and affinities. */
class PodWordsTest {

  private static final Judge PODS = Judge.of("", "pods");
  private static final String POD = "{'metadata':{'name':'p','namespace':'d'},'spec':%s}";

  @Test
  void nameResolutionOfPods() {
    String containers = "'containers':[{'name':'c','image':'i'}]";
    assertThat(PODS.create(POD.formatted("{" + containers + ",'dnsPolicy':'None'}")))
        .containsExactly(
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None");
    assertThat(PODS.create(POD.formatted("{" + containers + ",'dnsPolicy':'x'}")))
        .containsExactly(
            "spec.dnsPolicy: Unsupported value: \"x\": supported values:"
                + " \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\"");
    assertThat(
            PODS.create(
                POD.formatted(
                    "{"
                        + containers
                        + ",'dnsConfig':{'nameservers':['1.1.1.1','x','1.1.1.2','1.1.1.3'],"
                        + "'searches':['.','_a.b.','-'],'options':[{'value':'1'}]}}")))
        .containsExactly(
            "spec.dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"x\",\"1.1.1.2\","
                + "\"1.1.1.3\"]: must not have more than 3 nameservers",
            "spec.dnsConfig.nameservers[1]: Invalid value: \"x\": must be a valid IP address, (e.g."
                + " 10.9.8.7 or 2001:db8::ffff)",
            "spec.dnsConfig.searches[2]: Invalid value: \"-\": a lowercase RFC 1123 subdomain must"
                + " consist of lower case alphanumeric characters, '_', '-' or '.', and must start"
                + " and end with an alphanumeric character (e.g. 'example.com', regex used for"
                + " validation is"
                + " '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
            "spec.dnsConfig.options[0]: Required value: must not be empty");
  }

  @Test
  void whatADebuggerIsAimedAt() {
    String pod =
        "{'metadata':{'name':'p','namespace':'d'},'spec':{'initContainers':[{'name':'i','image':'i'}],"
            + "'containers':[{'name':'c','image':'i'}]%s}}";
    String debuggers =
        ",'ephemeralContainers':[{'name':'d','image':'i','targetContainerName':'c'},"
            + "{'name':'e','image':'i','targetContainerName':'i'},"
            + "{'name':'f','image':'i','targetContainerName':'d'},"
            + "{'name':'g','image':'i','targetContainerName':'bogus'}]";
    assertThat(PODS.update(pod.formatted(""), pod.formatted(debuggers), "ephemeralcontainers"))
        .containsExactly(
            "spec.ephemeralContainers[2].targetContainerName: Not found: \"d\"",
            "spec.ephemeralContainers[3].targetContainerName: Not found: \"bogus\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Guaranteed | {'limits':{'cpu':'1','memory':'1Gi'}}                        | {'limits':{'cpu':'2','memory':'1Gi'},'requests':{'cpu':'1','memory':'1Gi'}}
          Burstable  | {'limits':{'cpu':'2','memory':'1Gi'},'requests':{'cpu':'1'}} | {'limits':{'cpu':'2','memory':'1Gi'}}
          BestEffort | {}                                                           | {'requests':{'cpu':'1'}}
          """)
  void aResizeKeepsTheQosClass(String qos, String before, String now) {
    String pod =
        "{'metadata':{'name':'p','namespace':'d'},'spec':{'containers':[{'name':'c','image':'i',"
            + "'resources':%s}]},'status':{'qosClass':'"
            + qos
            + "'}}";
    assertThat(PODS.update(pod.formatted(before), pod.formatted(now), "resize"))
        .containsExactly(
            "spec: Invalid value: \""
                + qos
                + "\": Pod QOS Class may not change as a result of resizing");
    assertThat(PODS.update(pod.formatted(before), pod.formatted(before), "resize")).isEmpty();
  }

  @Test
  void systemsOfPods() {
    assertThat(
            PODS.create(
                POD.formatted(
                    "{'os':{'name':'windows'},'hostPID':true,'securityContext':{'runAsUser':1},"
                        + "'containers':[{'name':'c','image':'i','securityContext':"
                        + "{'privileged':true}}]}")))
        .containsExactly(
            "spec.hostPID: Forbidden: cannot be set for a windows pod",
            "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
            "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows"
                + " pod");
    assertThat(
            PODS.create(
                POD.formatted(
                    "{'os':{'name':'linux'},'containers':[{'name':'c','image':'i',"
                        + "'securityContext':{'windowsOptions':{}}}]}")))
        .containsExactly(
            "spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot"
                + " be set for a linux pod");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'gmsaCredentialSpecName':'A' | gmsaCredentialSpecName: Invalid value: \"A\": a lowercase"
            + " RFC 1123 subdomain must",
        "'gmsaCredentialSpec':'' | gmsaCredentialSpec: Invalid value: \"\": gmsaCredentialSpec"
            + " cannot be an empty string",
        "'runAsUserName':'' | runAsUserName: Invalid value: \"\": runAsUserName cannot be an empty"
            + " string",
        "'runAsUserName':'a\\u0007' | runAsUserName: Invalid value: \"a\\a\": runAsUserName"
            + " cannot contain control characters",
        "'runAsUserName':'a\\\\b\\\\c' | runAsUserName: Invalid value: \"a\\\\b\\\\c\":"
            + " runAsUserName cannot contain more than one backslash",
        "'runAsUserName':'-*\\\\b' | runAsUserName: Invalid value: \"-*\\\\b\": runAsUserName's"
            + " Domain doesn't match the NetBios nor the DNS format",
        "'runAsUserName':'a\\\\' | runAsUserName: Invalid value: \"a\\\\\": runAsUserName's User"
            + " cannot be empty",
        "'runAsUserName':'a;b' | runAsUserName: Invalid value: \"a;b\": runAsUserName's User cannot"
            + " contain the following characters: \"/\\:;|=,+*?<>@[]",
        "'runAsUserName':'. .' | runAsUserName: Invalid value: \". .\": runAsUserName's User cannot"
            + " contain only periods or spaces"
      },
      quoteCharacter = '`')
  void whoWindowsProcessesRunAs(String options, String wrong) {
    String context = "'securityContext':{'windowsOptions':{" + options + "}}";
    String pod =
        "{'os':{'name':'windows'}," + context + ",'containers':[{'name':'c','image':'i'," + context;
    assertThat(PODS.create(POD.formatted(pod + "}]}")))
        .hasSize(2)
        .anyMatch(p -> p.startsWith("spec.securityContext.windowsOptions." + wrong))
        .anyMatch(p -> p.startsWith("spec.containers[0].securityContext.windowsOptions." + wrong));
  }

  @Test
  void processesOnTheHost() {
    String options = "'securityContext':{'windowsOptions':{'hostProcess':%s}}";
    String on = options.formatted("true");
    String off = options.formatted("false");
    String pod =
        "{'os':{'name':'windows'},%s,'hostNetwork':%s,'containers':[{'name':'a','image':'i',%s},"
            + "{'name':'b','image':'i'%s}]}";
    assertThat(PODS.create(POD.formatted(pod.formatted(on, "true", on, "")))).isEmpty();
    assertThat(PODS.create(POD.formatted(pod.formatted(off, "false", off, "")))).isEmpty();
    assertThat(PODS.create(POD.formatted(pod.formatted(on, "false", off, ""))))
        .containsExactly(
            "spec.containers[0].securityContext.windowsOptions.hostProcess: Invalid value: false:"
                + " pod hostProcess value must be identical if both are specified, was true",
            "spec: Invalid value: \"\": If pod contains any hostProcess containers then all"
                + " containers must be HostProcess containers",
            "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any"
                + " hostProcess containers");
  }

  @Test
  void spreadingOfPods() {
    assertThat(
            PODS.create(
                POD.formatted(
                    "{'containers':[{'name':'c','image':'i'}],'topologySpreadConstraints':["
                        + "{'maxSkew':1,'topologyKey':'a','whenUnsatisfiable':'ScheduleAnyway',"
                        + "'minDomains':0,'nodeTaintsPolicy':'x','matchLabelKeys':['k','l'],"
                        + "'labelSelector':{'matchLabels':{'k':'v'},'matchExpressions':[{'key':'k',"
                        + "'operator':'Exists'}]}},"
                        + "{'maxSkew':0,'topologyKey':'a','whenUnsatisfiable':'ScheduleAnyway',"
                        + "'matchLabelKeys':['k']}]}")))
        .containsExactly(
            "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value:"
                + " \"{a, ScheduleAnyway}\"",
            "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than"
                + " zero",
            "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use"
                + " minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
            "spec.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: \"x\":"
                + " supported values: \"Honor\", \"Ignore\"",
            "spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: \"k\": exists in"
                + " both matchLabelKeys and labelSelector",
            "spec.topologySpreadConstraints[1].maxSkew: Invalid value: 0: must be greater than"
                + " zero",
            "spec.topologySpreadConstraints[1].matchLabelKeys: Forbidden: must not be specified"
                + " when labelSelector is not set");
  }

  @Test
  void labelKeysOfAffinities() {
    assertThat(
            PODS.create(
                POD.formatted(
                    "{'containers':[{'name':'c','image':'i'}],'affinity':{'podAffinity':{"
                        + "'requiredDuringSchedulingIgnoredDuringExecution':["
                        + "{'topologyKey':'t','namespaces':['A'],'matchLabelKeys':['k']},"
                        + "{'topologyKey':'t','labelSelector':{},'matchLabelKeys':['k','-'],"
                        + "'mismatchLabelKeys':['k']}]}}}")))
        .satisfies(all -> {
          String at = "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution";
          assertThat(all).hasSize(4);
          assertThat(all.get(0)).startsWith(at + "[0].namespace: Invalid value: \"A\": ");
          assertThat(all.get(1))
              .isEqualTo(
                  at
                      + "[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is"
                      + " not set");
          assertThat(all.get(2)).startsWith(at + "[1].matchLabelKeys[1]: Invalid value: \"-\": ");
          assertThat(all.get(3))
              .isEqualTo(
                  at
                      + "[1].matchLabelKeys[0]: Invalid value: \"k\": exists in both matchLabelKeys"
                      + " and mismatchLabelKeys");
        });
  }
}
