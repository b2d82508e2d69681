package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may change by {@code pods/resize}, in upstream's words. */
class PodResizeRulesTest {
  private static final Judge PODS = Judge.of("", "pods");

  private static List<String> resize(String before, String now) {
    return PODS.update(pod(before), pod(now), "resize");
  }

  private static String pod(String spec) {
    return "{'metadata':{'name':'p','namespace':'d'},'spec':{" + spec + "}}";
  }

  private static String container(String more) {
    return "'containers':[{'name':'c','image':'i'" + more + "}]";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'requests':{'cpu':'1','memory':'1Gi'}} | {'requests':{'cpu':'2','memory':'1Gi'}} |
          {'requests':{'cpu':'1','ephemeral-storage':'1Gi'}} | {'requests':{'cpu':'2','ephemeral-storage':'1Gi'}} |
          {'requests':{'cpu':'1'}} | {'requests':{'cpu':'1'},'limits':{'cpu':'2'}} |
          {'requests':{'cpu':'1','memory':'1Gi'}} | {'requests':{'cpu':'1'}} | spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed
          {'requests':{'cpu':'1'},'limits':{'cpu':'2'}} | {'requests':{'cpu':'1'}} | spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed
          {'requests':{'cpu':'1'}} | {'requests':{'cpu':'1','ephemeral-storage':'1Gi'}} | spec: Forbidden: only cpu and memory resources are mutable
          """)
  void amountsOfCpuAndMemoryOfAContainer(String before, String now, String error) {
    assertThat(resize(container(",'resources':" + before), container(",'resources':" + now)))
        .isEqualTo(error == null ? List.of() : List.of(error));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'requests':{'cpu':'1'}} | {'requests':{'cpu':'2'}} |
          {'requests':{'cpu':'1'}} | {'requests':{'cpu':'1','memory':'1Gi'}} |
          {'requests':{'cpu':'1','memory':'1Gi'}} | {'requests':{'cpu':'1'}} | spec.resources.requests: Forbidden: pod-level resource requests cannot be removed
          {'requests':{'cpu':'1'},'limits':{'cpu':'1'}} | {'requests':{'cpu':'1'}} | spec.resources.limits: Forbidden: pod-level resource limits cannot be removed
          """)
  void amountsOfThePodAsAWhole(String before, String now, String error) {
    assertThat(
            resize(
                "'resources':" + before + "," + container(""),
                "'resources':" + now + "," + container("")))
        .isEqualTo(error == null ? List.of() : List.of(error));
  }

  @Test
  void whatThePodHasAsAWholeStays() {
    assertThat(resize("'resources':{'requests':{'cpu':'1'}}," + container(""), container("")))
        .containsExactly("spec.resources: Forbidden: pod-level resources cannot be removed");
    assertThat(
            resize(
                container(",'resources':{'requests':{'cpu':'1'}}"),
                "'resources':{'requests':{'cpu':'2'}},"
                    + container(",'resources':{'requests':{'cpu':'1'}}")))
        .isEmpty();
  }

  private static String init(String restart, String cpu) {
    return "'initContainers':[{'name':'i','image':'i',"
        + restart
        + "'resources':{'requests':{'cpu':'"
        + cpu
        + "'}}}],"
        + container("");
  }

  @Test
  void sidecarsAreResizedAndSoIsWhatInitialises() {
    String sidecar = "'restartPolicy':'Always',";
    assertThat(resize(init(sidecar, "1"), init(sidecar, "2"))).isEmpty();
    assertThat(resize(init("", "1"), init("", "2"))).isEmpty();
    assertThat(resize(init("", "1"), init("'tty':true,", "2")))
        .containsExactly(
            "spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar"
                + " containers are mutable");
    String restarts = "'resizePolicy':[{'resourceName':'cpu','restartPolicy':'RestartContainer'}],";
    assertThat(resize(init(restarts, "1"), init(restarts, "2")))
        .containsExactly(
            "spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy"
                + " of RestartContainer cannot be resized");
    assertThat(resize(init(sidecar + restarts, "1"), init(sidecar + restarts, "2"))).isEmpty();
  }

  @Test
  void containersKeepTheirPlaces() {
    String two = "'containers':[{'name':'%s','image':'i'},{'name':'%s','image':'i'}]";
    assertThat(resize(two.formatted("a", "b"), two.formatted("b", "a")))
        .containsExactly(
            "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize",
            "spec.containers[1].name: Forbidden: containers may not be renamed or reordered on resize");
    assertThat(resize(two.formatted("a", "b"), container("")))
        .containsExactly(
            "spec.containers: Forbidden: containers may not be added or removed on resize");
  }

  @Test
  void nothingElseChanges() {
    assertThat(resize(container(""), container(",'tty':true")))
        .containsExactly("spec: Forbidden: only cpu and memory resources are mutable");
    assertThat(resize(container(""), "'hostname':'h'," + container("")))
        .containsExactly("spec: Forbidden: only cpu and memory resources are mutable");
  }

  @Test
  void podsThatNobodyCanResize() {
    String statically =
        "{'metadata':{'name':'p','namespace':'d','annotations':{'kubernetes.io/config.mirror':'m'}},"
            + "'spec':{"
            + container("")
            + "}}";
    assertThat(PODS.update(statically, statically, "resize"))
        .singleElement()
        .asString()
        .endsWith("Forbidden: static pods cannot be resized");
    assertThat(resize("'os':{'name':'windows'}," + container(""), container("")))
        .singleElement()
        .asString()
        .endsWith("Forbidden: windows pods cannot be resized");
  }

  @Test
  void aKubeletThatTellsNoResourcesCannotResize() {
    String running =
        "{'metadata':{'name':'p','namespace':'d'},'spec':{"
            + container(",'resources':{'requests':{'cpu':'%s'}}")
            + "},'status':{'containerStatuses':[{'name':'c','state':{'running':{}}%s}]}}";
    assertThat(PODS.update(running.formatted("1", ""), running.formatted("2", ""), "resize"))
        .containsExactly("spec: Forbidden: Pod running on node without support for resize");
    String told = ",'resources':{}";
    assertThat(PODS.update(running.formatted("1", told), running.formatted("2", told), "resize"))
        .isEmpty();
  }
}
