package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodStatusRulesTest {

  private static final Judge PODS = Judge.of("", "pods");
  private static final String POD =
      "{'metadata':{'name':'p','namespace':'d'},'spec':{'restartPolicy':'OnFailure',"
          + "'resourceClaims':[{'name':'a','resourceClaimName':'x'}],"
          + "'initContainers':[{'name':'s','image':'i','restartPolicy':'Always'}],"
          + "'containers':[{'name':'c','image':'i','resources':{'requests':{'example.com/d':'1'},"
          + "'limits':{'example.com/d':'1'},'claims':[{'name':'a','request':'r'}]}}]},"
          + "'status':{'qosClass':'BestEffort','containerStatuses':[],'initContainerStatuses':[]}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          conditions=[{'type':'Ready'},{'type':'a b'}] | metadata.conditions[1].Type: Invalid value: "a b": QUALIFIED
          nominatedNodeName='N' | status.nominatedNodeName: Invalid value: "N": SUBDOMAIN
          qosClass='Burstable' | status.qosClass: Invalid value: "Burstable": field is immutable
          podIPs=[{'ip':'10.0.0.1'},{'ip':'fd00::1'}] |
          podIPs=[{'ip':'x'}] | status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
          podIPs=[{'ip':'10.0.0.1'},{'ip':'10.0.0.1'}] | status.podIPs[1]: Duplicate value: {"IP":"10.0.0.1"};;status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.1"}]: may specify no more than one IP for each IP family
          hostIPs=[{'ip':'10.0.0.1'}] | status.hostIPs[0].ip: Invalid value: "10.0.0.1": must be equal to `hostIP`
          resourceClaimStatuses=[{'name':'a','resourceClaimName':'y'},{'name':'b'}] | status.resourceClaimStatuses[1].name: Invalid value: "b": must match the name of an entry in `spec.resourceClaims`
          containerStatuses=[{'name':'c','user':{'linux':{'uid':-1,'gid':0,'supplementalGroups':[-2]}}}] | status.containerStatuses[0].linux.uid: Invalid value: -1: IDS;;status.containerStatuses[0].linux.supplementalGroups[0]: Invalid value: -2: IDS
          containerStatuses=[{'name':'c','allocatedResourcesStatus':[{'name':'example.com/d','resources':[{'resourceID':'1','health':'Healthy'}]},{'name':'claim:a/r'}]}] |
          containerStatuses=[{'name':'c','allocatedResourcesStatus':[{'name':'example.com/e','resources':[{'resourceID':'1','health':'X'},{'resourceID':'1','health':'Unknown'}]},{'name':'claim:a'}]}] | status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "example.com/e": must match one of the container's resource requests;;status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "X": supported values: "Healthy", "Unhealthy", "Unknown";;status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "1";;status.containerStatuses[0].allocatedResourcesStatus[1].name: Invalid value: "claim:a": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty
          ephemeralContainerStatuses=[{'name':'e','allocatedResourcesStatus':[{'name':'x'}]}] | status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in container status
          """)
  void whatAStatusMaySay(String edit, @Nullable String words) {
    List<String> expected =
        words == null
            ? List.of()
            : List.of(
                words
                    .replace(
                        "QUALIFIED",
                        "name part must consist of alphanumeric characters, '-', '_' or '.', and"
                            + " must start and end with an alphanumeric character (e.g. 'MyName',"
                            + "  or 'my.name',  or '123-abc', regex used for validation is"
                            + " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")
                    .replace(
                        "SUBDOMAIN",
                        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                            + " characters, '-' or '.', and must start and end with an"
                            + " alphanumeric character (e.g. 'example.com', regex used for"
                            + " validation is"
                            + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
                    .replace("IDS", "must be between 0 and 2147483647, inclusive")
                    .split(";;"));
    assertThat(PODS.change(POD, "", "/status/" + edit, "status")).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "containerStatuses, c, 0, true",
    "containerStatuses, c, 1, false",
    "initContainerStatuses, s, 0, false",
    "ephemeralContainerStatuses, d, 1, true",
  })
  void whatHasEndedForGoodDoesNotRunAgain(
      String field, String name, int exitCode, boolean refused) {
    String ended =
        "/status/%s=[{'name':'%s','state':{'terminated':{'exitCode':%d}}}]"
            .formatted(field, name, exitCode);
    String runs = "/status/%s=[{'name':'%s','state':{'running':{}}}]".formatted(field, name);
    List<String> words =
        List.of(
            "status."
                + field
                + "[0].state: Forbidden: may not be transitioned to non-terminated"
                + " state");
    assertThat(PODS.change(POD, ended, runs, "status")).isEqualTo(refused ? words : List.of());
    assertThat(PODS.change(POD, ended, ended, "status")).isEmpty();
  }
}
