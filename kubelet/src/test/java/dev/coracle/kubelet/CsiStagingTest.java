package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Drivers that fail to stage and to unstage, for good or for a while. */
class CsiStagingTest extends CsiSetup {

  @BeforeEach
  void ready() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
  }

  private List<String> stagings() {
    return driver.calls.stream().filter(c -> c.contains("stage")).distinct().toList();
  }

  private String inUse() {
    return k.api
        .get(Resources.NODES, "", "n1")
        .await()
        .indefinitely()
        .at("status", "volumesInUse")
        .toString();
  }

  @Test
  void whatMayHaveBeenStagedIsUnstagedWhenThePodGoes() throws Exception {
    driver.outcomes.put("stage", GrpcStatus.DEADLINE_EXCEEDED);
    pod("never");
    k.eventually(() -> assertThat(driver.calls).contains("stage h1"));
    k.eventually(() -> assertThat(inUse()).contains("^h1"));
    gone("never");
    k.eventually(() -> assertThat(driver.calls).endsWith("unstage h1"));
    assertThat(driver.calls).doesNotContain("unpublish h1");
    k.eventually(() -> assertThat(inUse()).doesNotContain("^h1"));
  }

  @Test
  void whatADriverRefusedToStageIsNotUnstaged() throws Exception {
    driver.outcomes.put("stage", GrpcStatus.INVALID_ARGUMENT);
    pod("never");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e -> e.contains("rpc error: code = InvalidArgument desc = fake error")));
    gone("never");
    driver.outcomes.clear();
    pod("later");
    k.awaitPhase("later", "Running");
    assertThat(stagings()).containsExactly("stage h1");
  }

  @Test
  void aVolumeThatCannotBeUnstagedHoldsUpNoPodAndIsTriedAgain() throws Exception {
    pod("first");
    k.awaitPhase("first", "Running");
    driver.outcomes.put("unstage", GrpcStatus.INTERNAL);
    gone("first");
    int tried = driver.calls.size();
    k.eventually(() -> assertThat(driver.calls.size()).isGreaterThan(tried));
    assertThat(driver.calls).endsWith("unstage h1", "unstage h1");
    assertThat(inUse()).contains("^h1");
    driver.outcomes.clear();
    k.eventually(() -> assertThat(inUse()).doesNotContain("^h1"));
    int done = driver.calls.size();
    pod("second");
    k.awaitPhase("second", "Running");
    assertThat(driver.calls.subList(done, driver.calls.size()))
        .containsExactly("stage h1", "publish h1");
  }

  @Test
  void whatAnEarlierKubeletCouldNotUnstageTheNextOneDoes() throws Exception {
    KubeObject made = pod("first");
    k.awaitPhase("first", "Running");
    driver.outcomes.put("unstage", GrpcStatus.INTERNAL);
    k.delete(made.name(), DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(driver.calls).contains("unstage h1"));
    k.stopKubelet();
    driver.outcomes.clear();
    driver.calls.clear();
    k.restart();
    k.eventually(() -> assertThat(driver.calls).contains("unstage h1"));
  }
}
