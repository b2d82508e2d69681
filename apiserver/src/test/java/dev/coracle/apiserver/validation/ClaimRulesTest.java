package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimRulesTest {

  private static final Judge JUDGE = Judge.of("", "persistentvolumeclaims");
  private static final String CLAIM =
      """
      {'metadata':{'name':'c','namespace':'d'},
       'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'2Gi'}}}}\
      """;
  private static final String BOUND =
      "/spec/volumeName='v';;/spec/storageClassName='s';;"
          + "/status={'phase':'Bound','capacity':{'storage':'2Gi'}}";
  private static final String FIXED =
      "spec: Forbidden: spec is immutable after creation except resources.requests and"
          + " volumeAttributesClassName for bound claims\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec={'volumeMode':'X'} | spec.accessModes: Required value: at least 1 access mode is"
            + " required;;spec.resources[storage]: Required value;;spec.volumeMode: Unsupported"
            + " value: \"X\": supported values: \"Block\", \"Filesystem\"",
        "/spec/resources/requests/storage='0' | spec.resources[storage]: Invalid value: \"0\": must"
            + " be greater than zero",
        "/spec/dataSource={'kind':'K'};;/spec/dataSourceRef={'kind':'L','name':'n'} |"
            + " spec.dataSource.name: Required value;;spec.dataSource: Invalid value: \"K\": must"
            + " be 'PersistentVolumeClaim' when referencing the default"
            + " apiGroup;;spec.dataSourceRef: Invalid value: \"L\": must be 'PersistentVolumeClaim'"
            + " when referencing the default apiGroup;;spec: Invalid value: {}: must match"
            + " dataSourceRef",
        "/spec/dataSource={'kind':'PersistentVolumeClaim','name':'n'};;"
            + "/spec/dataSourceRef={'kind':'PersistentVolumeClaim','name':'n','namespace':'x.y'} |"
            + " spec.dataSourceRef.namespace: Invalid value: \"x.y\": must not contain dots;;spec:"
            + " Invalid value: {}: may not be specified when dataSourceRef.namespace is specified",
        "/spec/volumeAttributesClassName='a.b.' | spec.volumeAttributesClassName: Invalid value:"
            + " \"a.b.\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
            + " characters, '-' or '.', and must start and end with an alphanumeric character (e.g."
            + " 'example.com', regex used for validation is"
            + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(CLAIM, edits)).containsExactly(expected.split(";;"));
  }

  @Test
  void sizes() {
    assertThat(JUDGE.change(CLAIM, BOUND, "/spec/resources/requests/storage='3Gi'", "")).isEmpty();
    String shrunk = "/spec/resources/requests/storage='2Gi'";
    String grown = BOUND + ";;/spec/resources/requests/storage='9Gi'";
    assertThat(JUDGE.change(CLAIM, grown, "/spec/resources/requests/storage='3Gi'", "")).isEmpty();
    assertThat(JUDGE.change(CLAIM, grown, shrunk, ""))
        .containsExactly(
            "spec.resources.requests.storage: Forbidden: field can not be less than"
                + " status.capacity");
    assertThat(JUDGE.change(CLAIM, "", "/spec/resources/requests/storage='3Gi'", ""))
        .singleElement()
        .asString()
        .startsWith(FIXED);
  }

  @Test
  void whatIsChosenOnce() {
    assertThat(JUDGE.change(CLAIM, "", "/spec/volumeName='v'", "")).isEmpty();
    assertThat(JUDGE.change(CLAIM, "", "/spec/storageClassName='s'", "")).isEmpty();
    assertThat(JUDGE.change(CLAIM, BOUND, "/spec/volumeName='w'", ""))
        .singleElement()
        .asString()
        .startsWith(FIXED);
    assertThat(JUDGE.change(CLAIM, BOUND, "/spec/storageClassName='t'", ""))
        .singleElement()
        .asString()
        .startsWith(FIXED);
    assertThat(JUDGE.change(CLAIM, BOUND, "/spec/volumeMode='Block'", ""))
        .hasSize(2)
        .contains("volumeMode: Invalid value: \"Block\": field is immutable");
  }

  @Test
  void theClassOfTheAnnotation() {
    String annotated = "/metadata/annotations={'volume.beta.kubernetes.io/storage-class':'s'}";
    String moved = "/metadata/annotations={};;/spec/storageClassName='s'";
    assertThat(JUDGE.change(CLAIM, annotated, moved, "")).isEmpty();
    assertThat(JUDGE.change(CLAIM, annotated, "/spec/storageClassName='s'", "")).isEmpty();
    assertThat(JUDGE.change(CLAIM, annotated, annotated.replace("'s'", "'t'"), ""))
        .containsExactly(
            "metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: \"t\":"
                + " field is immutable");
  }

  @Test
  void classesOfAttributes() {
    String chosen = BOUND + ";;/spec/volumeAttributesClassName='gold'";
    assertThat(JUDGE.change(CLAIM, BOUND, "/spec/volumeAttributesClassName='gold'", "")).isEmpty();
    assertThat(JUDGE.change(CLAIM, chosen, "/spec/volumeAttributesClassName-", "")).isEmpty();
    String applied = chosen + ";;/status/currentVolumeAttributesClassName='gold'";
    String at = "spec.volumeAttributesClassName: Forbidden: update to ";
    String why = " is forbidden when status.currentVolumeAttributesClassName is not nil";
    assertThat(JUDGE.change(CLAIM, applied, "/spec/volumeAttributesClassName-", ""))
        .containsExactly(at + "nil" + why);
    assertThat(JUDGE.change(CLAIM, applied, "/spec/volumeAttributesClassName=''", ""))
        .containsExactly(at + "empty string" + why);
  }

  @Test
  void whatAStatusMaySay() {
    assertThat(
            JUDGE.change(
                CLAIM,
                "",
                "/status={'capacity':{'storage':'-1500m'},'allocatedResourceStatuses':{'cpu':'X'},"
                    + "'allocatedResources':{'storage':'-2','a b':'1'}}",
                "status"))
        .contains(
            "status.capacity[storage]: Invalid value: -2: must be a valid resource quantity",
            "status.allocatedResourceStatus: Unsupported value: \"cpu\": supported values:"
                + " \"storage\"",
            "status.allocatedResourceStatus: Unsupported value: \"cpu\": supported values:"
                + " \"ControllerResizeInProgress\", \"ControllerResizeInfeasible\","
                + " \"NodeResizeInProgress\", \"NodeResizeInfeasible\", \"NodeResizePending\"",
            "status.allocatedResources[storage]: Invalid value: -2: must be a valid resource"
                + " quantity");
  }
}
