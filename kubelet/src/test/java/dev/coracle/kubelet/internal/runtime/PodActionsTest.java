package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState.State;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodActionsTest {
  private static final SandboxState READY =
      new SandboxState("s", true, 0, 1, false, List.of("10.0.0.1"));
  private static final SandboxState DEAD = new SandboxState("s", false, 0, 1, false, List.of());

  private static Pod pod(String policy, String init, String containers) {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","uid":"u"},
             "spec":{"restartPolicy":"%s","initContainers":[%s],"containers":[%s]}}
            """
                .formatted(policy, init, containers)));
  }

  private static String c(String name) {
    return "{\"name\":\"" + name + "\",\"image\":\"i\"}";
  }

  private static String sidecar(String name) {
    return "{\"name\":\"" + name + "\",\"image\":\"i\",\"restartPolicy\":\"Always\"}";
  }

  private static ContainerState is(Pod pod, String name, State state, int code) {
    return new ContainerState(
        name + "-id",
        name,
        "s",
        state,
        1,
        1,
        1,
        2,
        code,
        "",
        "",
        "i",
        "ref",
        0,
        pod.container(name).map(ContainerSpec::hash).orElse(""),
        "",
        "",
        "File",
        java.util.Optional.empty(),
        "",
        java.util.Optional.empty());
  }

  private static PodRuntimeStatus status(SandboxState sandbox, ContainerState... containers) {
    return new PodRuntimeStatus(List.of(sandbox), Arrays.asList(containers), 1);
  }

  private static List<String> names(PodActions actions) {
    return actions.start().stream().map(ContainerSpec::name).toList();
  }

  private static ProbeResults probes(Map<String, Boolean> startup, Map<String, Boolean> liveness) {
    return new ProbeResults() {
      @Override
      public Optional<Boolean> startup(String id) {
        return Optional.ofNullable(startup.get(id));
      }

      @Override
      public Optional<Boolean> liveness(String id) {
        return Optional.ofNullable(liveness.get(id));
      }

      @Override
      public Optional<Boolean> readiness(String id) {
        return Optional.empty();
      }
    };
  }

  @Test
  void aNewPodGetsASandboxAndItsContainers() {
    Pod pod = pod("Always", "", c("a") + "," + c("b"));
    PodActions actions = PodActions.compute(pod, PodRuntimeStatus.NOTHING, ProbeResults.NONE);
    assertThat(actions.createSandbox()).isTrue();
    assertThat(actions.attempt()).isZero();
    assertThat(names(actions)).containsExactly("a", "b");
  }

  @Test
  void initContainersGoOneByOne() {
    Pod pod = pod("Always", c("i1") + "," + c("i2"), c("a"));
    assertThat(names(PodActions.compute(pod, PodRuntimeStatus.NOTHING, ProbeResults.NONE)))
        .containsExactly("i1");
    assertThat(
            PodActions.compute(
                    pod, status(READY, is(pod, "i1", State.RUNNING, 0)), ProbeResults.NONE)
                .isNothing())
        .isTrue();
    assertThat(
            names(
                PodActions.compute(
                    pod, status(READY, is(pod, "i1", State.EXITED, 0)), ProbeResults.NONE)))
        .containsExactly("i2");
    assertThat(
            names(
                PodActions.compute(
                    pod,
                    status(READY, is(pod, "i2", State.EXITED, 0), is(pod, "i1", State.EXITED, 0)),
                    ProbeResults.NONE)))
        .containsExactly("a");
  }

  @Test
  void aFailedInitContainerIsTriedAgainUnlessNever() {
    Pod again = pod("OnFailure", c("i"), c("a"));
    assertThat(
            names(
                PodActions.compute(
                    again, status(READY, is(again, "i", State.EXITED, 1)), ProbeResults.NONE)))
        .containsExactly("i");
    Pod never = pod("Never", c("i"), c("a"));
    PodActions actions =
        PodActions.compute(
            never, status(READY, is(never, "i", State.EXITED, 1)), ProbeResults.NONE);
    assertThat(actions.killPod()).isTrue();
    assertThat(actions.start()).isEmpty();
  }

  @Test
  void anInitContainerThatWasCleanedUpIsNotRunAgain() {
    Pod pod = pod("Always", c("i"), c("a"));
    PodActions actions =
        PodActions.compute(pod, status(READY, is(pod, "a", State.EXITED, 1)), ProbeResults.NONE);
    assertThat(names(actions)).containsExactly("a");
  }

  @Test
  void aSidecarLetsTheNextOneGoWhenItHasStarted() {
    String side =
        "{\"name\":\"s\",\"image\":\"i\",\"restartPolicy\":\"Always\",\"startupProbe\":{\"exec\":{\"command\":[\"x\"]}}}";
    Pod pod = pod("Never", side, c("a"));
    PodRuntimeStatus running = status(READY, is(pod, "s", State.RUNNING, 0));
    assertThat(PodActions.compute(pod, running, ProbeResults.NONE).isNothing()).isTrue();
    assertThat(names(PodActions.compute(pod, running, probes(Map.of("s-id", true), Map.of()))))
        .containsExactly("a");
    PodActions failed = PodActions.compute(pod, running, probes(Map.of("s-id", false), Map.of()));
    assertThat(failed.kill())
        .singleElement()
        .extracting(PodActions.Kill::message)
        .isEqualTo("Init container s failed startup probe");
  }

  @Test
  void aSidecarComesBackWhileOrdinaryContainersRun() {
    Pod pod = pod("Never", sidecar("s"), c("a"));
    assertThat(
            names(
                PodActions.compute(
                    pod,
                    status(READY, is(pod, "s", State.EXITED, 1), is(pod, "a", State.RUNNING, 0)),
                    ProbeResults.NONE)))
        .containsExactly("s");
  }

  @Test
  void whatComesAfterASidecarDoesNotWaitForItToStartAgain() {
    Pod pod = pod("Never", sidecar("s") + "," + c("i"), c("a"));
    ContainerState gone = is(pod, "s", State.EXITED, 1);
    assertThat(names(PodActions.compute(pod, status(READY, gone), ProbeResults.NONE)))
        .as("before the next one was made")
        .containsExactly("s");
    assertThat(
            names(
                PodActions.compute(
                    pod, status(READY, is(pod, "i", State.RUNNING, 0), gone), ProbeResults.NONE)))
        .containsExactly("s");
    assertThat(
            names(
                PodActions.compute(
                    pod, status(READY, is(pod, "i", State.EXITED, 0), gone), ProbeResults.NONE)))
        .containsExactly("s", "a");
  }

  @Test
  void aSidecarThatHasStartedBeginsAnewWithAChangedImage() {
    String side =
        "{\"name\":\"s\",\"image\":\"%s\",\"restartPolicy\":\"Always\",\"startupProbe\":{\"exec\":{\"command\":[\"x\"]}}}";
    Pod before = pod("Never", side.formatted("i"), c("a"));
    Pod pod = pod("Never", side.formatted("newer"), c("a"));
    PodRuntimeStatus running =
        status(READY, is(before, "s", State.RUNNING, 0), is(before, "a", State.RUNNING, 0));
    assertThat(PodActions.compute(pod, running, ProbeResults.NONE).isNothing()).isTrue();
    PodActions actions = PodActions.compute(pod, running, probes(Map.of("s-id", true), Map.of()));
    assertThat(actions.kill())
        .singleElement()
        .extracting(PodActions.Kill::message)
        .isEqualTo("Init container s definition changed");
    assertThat(names(actions)).containsExactly("s");
  }

  /** A start that was on its way when the exit came is none of the new turn. */
  @Test
  void whatBeganBesideTheExitThatRestartsAllBeginsAnewToo() {
    String asks =
        "{\"name\":\"asks\",\"image\":\"i\",\"restartPolicy\":\"Never\",\"restartPolicyRules\":[{\"action\":\"RestartAllContainers\",\"exitCodes\":{\"operator\":\"In\",\"values\":[42]}}]}";
    Pod pod = pod("Never", c("first"), asks + "," + c("late"));
    ContainerState first = made(is(pod, "first", State.EXITED, 0), 1, 0);
    ContainerState exit = made(is(pod, "asks", State.EXITED, 42), 1, 0); // At 2.
    PodActions ends =
        PodActions.compute(
            pod,
            status(READY, made(is(pod, "late", State.RUNNING, 0), 3, 0), exit, first),
            ProbeResults.NONE);
    assertThat(ends.kill()).extracting(k -> k.container().name()).containsExactly("late");
    assertThat(ends.start()).isEmpty();
    ContainerState late = made(is(pod, "late", State.EXITED, 137), 3, 0);
    assertThat(names(PodActions.compute(pod, status(READY, late, exit, first), ProbeResults.NONE)))
        .containsExactly("first");
    ContainerState again = made(is(pod, "first", State.EXITED, 0), 4, 2);
    assertThat(
            names(
                PodActions.compute(
                    pod, status(READY, again, late, exit, first), ProbeResults.NONE)))
        .containsExactly("asks", "late");
  }

  private static ContainerState made(ContainerState c, long createdAt, long turn) {
    return new ContainerState(
        c.id(),
        c.name(),
        c.sandboxId(),
        c.state(),
        createdAt,
        turn,
        c.startedAt(),
        c.finishedAt(),
        c.exitCode(),
        c.reason(),
        c.message(),
        c.image(),
        c.imageRef(),
        c.restartCount(),
        c.hash(),
        c.logPath(),
        c.terminationPath(),
        c.terminationPolicy(),
        c.user(),
        c.stopSignal(),
        c.resources());
  }

  @Test
  void sidecarsDoNotKeepAFinishedPodAlive() {
    Pod pod = pod("Never", sidecar("s"), c("a"));
    PodActions actions =
        PodActions.compute(
            pod,
            status(READY, is(pod, "s", State.RUNNING, 0), is(pod, "a", State.EXITED, 0)),
            ProbeResults.NONE);
    assertThat(actions.killPod()).isTrue();
    assertThat(actions.start()).isEmpty();
  }

  @Test
  void restartPoliciesDecide() {
    for (String[] row :
        new String[][] {
          {"Always", "0", "a"}, {"OnFailure", "0", ""}, {"OnFailure", "1", "a"}, {"Never", "1", ""}
        }) {
      Pod pod = pod(row[0], "", c("a") + "," + c("b"));
      PodActions actions =
          PodActions.compute(
              pod,
              status(
                  READY,
                  is(pod, "a", State.EXITED, Integer.parseInt(row[1])),
                  is(pod, "b", State.RUNNING, 0)),
              ProbeResults.NONE);
      assertThat(String.join(",", names(actions))).as(Arrays.toString(row)).isEqualTo(row[2]);
      assertThat(actions.killPod()).isFalse();
    }
  }

  @Test
  void aRestartRuleByExitCodeWins() {
    String ruled =
        "{\"name\":\"a\",\"image\":\"i\",\"restartPolicy\":\"Never\",\"restartPolicyRules\":[{\"action\":\"Restart\",\"exitCodes\":{\"operator\":\"In\",\"values\":[42]}}]}";
    Pod pod = pod("Never", "", ruled + "," + c("b"));
    PodRuntimeStatus with42 =
        status(READY, is(pod, "a", State.EXITED, 42), is(pod, "b", State.RUNNING, 0));
    assertThat(names(PodActions.compute(pod, with42, ProbeResults.NONE))).containsExactly("a");
    PodRuntimeStatus with1 =
        status(READY, is(pod, "a", State.EXITED, 1), is(pod, "b", State.RUNNING, 0));
    assertThat(PodActions.compute(pod, with1, ProbeResults.NONE).start()).isEmpty();
  }

  @Test
  void aChangedImageAndAFailedProbeEndTheContainer() {
    Pod pod = pod("Always", "", c("a"));
    ContainerState old =
        new ContainerState(
            "x",
            "a",
            "s",
            State.RUNNING,
            1,
            1,
            1,
            0,
            0,
            "",
            "",
            "old",
            "r",
            0,
            "other",
            "",
            "",
            "File",
            java.util.Optional.empty(),
            "",
            java.util.Optional.empty());
    PodActions changed = PodActions.compute(pod, status(READY, old), ProbeResults.NONE);
    assertThat(changed.kill().getFirst().message())
        .isEqualTo("Container a definition changed, will be restarted");
    assertThat(names(changed)).containsExactly("a");
    Pod never = pod("Never", "", c("a"));
    PodActions sick =
        PodActions.compute(
            never,
            status(READY, is(never, "a", State.RUNNING, 0)),
            probes(Map.of(), Map.of("a-id", false)));
    assertThat(sick.kill())
        .singleElement()
        .satisfies(kill -> assertThat(kill.probe()).isEqualTo("livenessProbe"));
    assertThat(sick.start()).isEmpty();
  }

  @Test
  void aDeadSandboxIsMadeAnewUnlessThePodIsDone() {
    Pod pod = pod("Always", c("i"), c("a"));
    PodActions again =
        PodActions.compute(pod, status(DEAD, is(pod, "a", State.EXITED, 1)), ProbeResults.NONE);
    assertThat(again.createSandbox()).isTrue();
    assertThat(again.attempt()).isEqualTo(1);
    assertThat(names(again)).containsExactly("i");
    Pod done = pod("OnFailure", "", c("a"));
    PodActions none =
        PodActions.compute(done, status(DEAD, is(done, "a", State.EXITED, 0)), ProbeResults.NONE);
    assertThat(none.createSandbox()).isFalse();
    assertThat(none.killPod()).isTrue();
  }
}
