package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What has to be done so that the runtime has what the pod's spec wants. Computed from the spec,
 * the runtime's state and the probes alone, so it may be computed at any time any number of times.
 *
 * @param killPod end everything that runs, sandbox too
 * @param createSandbox after that, make a sandbox
 * @param sandboxId the present sandbox, empty for none
 * @param attempt the number of the next sandbox
 * @param start containers to start, in this order: ephemeral, init, ordinary
 * @param resize running containers whose limits change without a restart
 */
public record PodActions(
    boolean killPod,
    boolean createSandbox,
    String sandboxId,
    int attempt,
    List<ContainerSpec> start,
    List<Kill> kill,
    List<Resize> resize) {

  /** A running container that gets the resources of this spec. */
  public record Resize(ContainerState container, ContainerSpec spec) {}

  /**
   * Why a container is ended.
   *
   * @param message the event's
   * @param probe the field of the probe that asked for it, such as {@code livenessProbe}; empty:
   *     none did
   * @param hooks whether its preStop hook is run
   */
  public record Kill(
      ContainerState container,
      Optional<ContainerSpec> spec,
      String message,
      String probe,
      boolean hooks) {

    Kill(ContainerState container, Optional<ContainerSpec> spec, String message) {
      this(container, spec, message, "", true);
    }
  }

  public boolean isNothing() {
    return !killPod && !createSandbox && start.isEmpty() && kill.isEmpty() && resize.isEmpty();
  }

  public static PodActions compute(Pod pod, PodRuntimeStatus status, ProbeResults probes) {
    return compute(pod, status, probes, new PodResources());
  }

  /**
   * @param resources what running containers have
   */
  public static PodActions compute(
      Pod pod, PodRuntimeStatus status, ProbeResults probes, PodResources resources) {
    return new Computation(pod, status, probes, resources).compute();
  }

  /** The working state of one computation. */
  private static final class Computation {
    private final Pod pod;
    private final PodRuntimeStatus status;
    private final ProbeResults probes;
    private final List<ContainerSpec> start = new ArrayList<>();
    private final List<Kill> kill = new ArrayList<>();
    private final PodResources resources;
    private final RestartAll turn;
    private final List<Resize> resize = new ArrayList<>();

    Computation(Pod pod, PodRuntimeStatus status, ProbeResults probes, PodResources resources) {
      this.pod = pod;
      this.status = status;
      this.probes = probes;
      this.resources = resources;
      this.turn = RestartAll.of(pod, status);
    }

    PodActions compute() {
      Optional<SandboxState> sandbox = status.sandbox();
      String id = sandbox.map(SandboxState::id).orElse("");
      int attempt = sandbox.map(SandboxState::attempt).orElse(0);
      if (sandboxUnusable()) {
        return withNewSandbox(id, sandbox.isPresent() ? attempt + 1 : 0);
      }
      if (turn.ending()) {
        endTheTurn();
        return new PodActions(false, false, id, attempt, List.of(), kill, List.of());
      }
      for (ContainerSpec c : pod.ephemeralContainers()) {
        if (status.container(c.name()).isEmpty()) {
          start.add(c);
        }
      }
      InitOutcome init = initContainers();
      if (init == InitOutcome.FAILED) {
        return new PodActions(true, false, id, attempt, List.of(), List.of(), List.of());
      }
      if (init == InitOutcome.PENDING) {
        return new PodActions(false, false, id, attempt, start, kill, resize);
      }
      int sidecarsToStart = (int) start.stream().filter(ContainerSpec::isSidecar).count();
      int kept = ordinaryContainers();
      boolean nothingLeft = kept == 0 && start.size() - sidecarsToStart == ephemeral(start);
      if (nothingLeft) {
        return new PodActions(true, false, id, attempt, List.of(), kill, List.of());
      }
      return new PodActions(false, false, id, attempt, start, kill, resize);
    }

    /** All begin anew together, so none begins before the last has ended. */
    private void endTheTurn() {
      List<ContainerSpec> all = new ArrayList<>(pod.initContainers());
      all.addAll(pod.containers());
      for (ContainerSpec c : all) {
        status
            .container(c.name())
            .filter(s -> !turn.isOfThisTurn(s) && RestartAll.isAlive(s))
            .ifPresent(s ->
                kill.add(
                    new Kill(
                        s,
                        Optional.of(c),
                        "Container " + c.name() + " will be restarted with all of its pod's",
                        "",
                        false)));
      }
    }

    private static int ephemeral(List<ContainerSpec> list) {
      return (int) list.stream().filter(c -> c.kind() == ContainerSpec.Kind.EPHEMERAL).count();
    }

    private boolean sandboxUnusable() {
      Optional<SandboxState> sandbox = status.sandbox();
      if (sandbox.isEmpty() || !sandbox.get().ready()) {
        return true;
      }
      if (status.sandboxes().stream().filter(SandboxState::ready).count() > 1) {
        return true;
      }
      return !pod.hostNetwork() && sandbox.get().ips().isEmpty();
    }

    private PodActions withNewSandbox(String id, int attempt) {
      boolean had = attempt != 0 && !status.containers().isEmpty();
      if (had && !RestartRules.podRestartsOnFailure(pod)) {
        return new PodActions(true, false, id, attempt, List.of(), List.of(), List.of());
      }
      List<ContainerSpec> wanted =
          pod.containers().stream()
              .filter(c ->
                  status
                      .container(c.name())
                      .map(s -> !s.isExited() || RestartRules.restarts(pod, c, s.exitCode()))
                      .orElse(true))
              .toList();
      if (wanted.isEmpty() && !status.containers().isEmpty()) {
        return new PodActions(true, false, id, attempt, List.of(), List.of(), List.of());
      }
      List<ContainerSpec> first =
          pod.initContainers().isEmpty() ? wanted : List.of(pod.initContainers().getFirst());
      return new PodActions(true, true, id, attempt, first, List.of(), List.of());
    }

    private enum InitOutcome {
      DONE,
      PENDING,
      FAILED
    }

    /**
     * Walks the init containers from the first: all before the current one are done (or, sidecars,
     * have started once, and nobody waits for one that starts again). Once an ordinary container
     * was started in this sandbox the phase is over for good and only sidecars are kept alive.
     */
    private InitOutcome initContainers() {
      List<ContainerSpec> list = pod.initContainers();
      if (list.isEmpty()) {
        return InitOutcome.DONE;
      }
      boolean initialized = ordinaryStartedInThisSandbox();
      // The last init container that was ever created here: those before it need not be looked for
      // any more.
      int last = -1;
      for (ContainerSpec c : list) {
        if (inThisSandbox(c).isPresent()) {
          last = c.index();
        }
      }
      for (ContainerSpec c : list) {
        Optional<ContainerState> state = inThisSandbox(c);
        if (c.isSidecar()) {
          if (!sidecar(c, state) && !initialized && c.index() >= last) {
            return InitOutcome.PENDING;
          }
          continue;
        }
        if (initialized || state.isEmpty() && c.index() < last) {
          continue;
        }
        if (state.isEmpty() || state.get().state() == ContainerState.State.CREATED) {
          start.add(c);
          return InitOutcome.PENDING;
        }
        ContainerState s = state.get();
        switch (s.state()) {
          case RUNNING -> {
            // The API lets no policy of a restart be resized here.
            restartedToResize(c, s, "Init container ");
            return InitOutcome.PENDING;
          }
          case UNKNOWN -> {
            kill.add(
                new Kill(
                    s,
                    Optional.of(c),
                    "Init container is in \"unknown\" state, try killing it before restart"));
            start.add(c);
            return InitOutcome.PENDING;
          }
          case EXITED -> {
            if (s.exitCode() != 0) {
              if (!RestartRules.restarts(pod, c, s.exitCode())) {
                return InitOutcome.FAILED;
              }
              start.add(c);
              return InitOutcome.PENDING;
            }
          }
          case CREATED -> {}
        }
      }
      return InitOutcome.DONE;
    }

    /** Keeps a sidecar alive. Answers whether the next container may start. */
    private boolean sidecar(ContainerSpec c, Optional<ContainerState> state) {
      if (state.isEmpty() || !state.get().isRunning()) {
        state
            .filter(s -> s.state() == ContainerState.State.UNKNOWN)
            .ifPresent(s ->
                kill.add(
                    new Kill(
                        s,
                        Optional.of(c),
                        "Init container is in \"unknown\" state, try killing it before restart")));
        if (!pod.isDeleting()) {
          start.add(c);
        }
        return false;
      }
      ContainerState s = state.get();
      boolean started = !c.has("startupProbe") || probes.startup(s.id()).orElse(false);
      Optional<Kill> unfit = unhealthy(c, s, "Init container ");
      if (started && hasChanged(c, s)) {
        String message = "Init container " + c.name() + " definition changed";
        unfit = Optional.of(new Kill(s, Optional.of(c), message));
      }
      if (unfit.isPresent()) {
        kill.add(unfit.get());
        start.add(c);
        return false;
      }
      if (restartedToResize(c, s, "Init container ")) {
        return false;
      }
      return started;
    }

    private boolean ordinaryStartedInThisSandbox() {
      return pod.containers().stream()
          .anyMatch(c ->
              inThisSandbox(c).filter(s -> s.state() != ContainerState.State.CREATED).isPresent());
    }

    private Optional<ContainerState> inThisSandbox(ContainerSpec c) {
      Optional<SandboxState> sandbox = status.sandbox();
      return status
          .container(c.name())
          .filter(turn::isOfThisTurn)
          .filter(s ->
              sandbox.isEmpty()
                  || s.sandboxId().isEmpty()
                  || s.sandboxId().equals(sandbox.get().id()));
    }

    private int ordinaryContainers() {
      int kept = 0;
      for (ContainerSpec c : pod.containers()) {
        Optional<ContainerState> state = status.container(c.name()).filter(turn::isOfThisTurn);
        if (state.isEmpty() || !state.get().isRunning()) {
          if (state.isEmpty() ? !pod.isDeleting() : RestartRules.shouldStart(pod, c, status)) {
            state
                .filter(s -> s.state() == ContainerState.State.UNKNOWN)
                .ifPresent(s ->
                    kill.add(
                        new Kill(
                            s,
                            Optional.of(c),
                            "Container is in \"unknown\" state, try killing it before restart")));
            start.add(c);
          }
          continue;
        }
        ContainerState s = state.get();
        if (hasChanged(c, s)) {
          kill.add(
              new Kill(
                  s,
                  Optional.of(c),
                  "Container " + c.name() + " definition changed, will be restarted"));
          start.add(c);
          continue;
        }
        Optional<Kill> unhealthy = unhealthy(c, s, "Container ");
        if (unhealthy.isEmpty()) {
          kept += restartedToResize(c, s, "Container ") ? 0 : 1;
          continue;
        }
        kill.add(unhealthy.get());
        if (RestartRules.restarts(pod, c, 137)) {
          start.add(c);
        }
      }
      return kept;
    }

    private static boolean hasChanged(ContainerSpec c, ContainerState s) {
      return !s.hash().isEmpty() && !s.hash().equals(c.hash());
    }

    /** Resizes a running container that has not what it was promised; true: by a restart. */
    private boolean restartedToResize(ContainerSpec c, ContainerState s, String what) {
      if (ResizePolicies.wantRestart(pod, c, s.id(), resources)) {
        String message = what + c.name() + " resize requires restart";
        kill.add(new Kill(s, Optional.of(c), message));
        start.add(c);
        return true;
      }
      if (!resources.of(s.id(), c).equals(Allocation.resources(c))) {
        resize.add(new Resize(s, c));
      }
      return false;
    }

    private Optional<Kill> unhealthy(ContainerSpec c, ContainerState s, String what) {
      String probe =
          !probes.startup(s.id()).orElse(true)
              ? "startup"
              : !probes.liveness(s.id()).orElse(true) ? "liveness" : "";
      if (probe.isEmpty()) {
        return Optional.empty();
      }
      String message = what + c.name() + " failed " + probe + " probe";
      boolean again = !c.isSidecar() && RestartRules.restarts(pod, c, 137);
      return Optional.of(
          new Kill(
              s,
              Optional.of(c),
              again ? message + ", will be restarted" : message,
              probe + "Probe",
              true));
    }
  }
}
