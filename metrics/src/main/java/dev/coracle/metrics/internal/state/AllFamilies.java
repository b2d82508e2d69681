package dev.coracle.metrics.internal.state;

import static dev.coracle.metrics.internal.state.Facts.labels;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Resources;
import java.util.List;

/**
 * Every kind with state metrics, in the order of the exposition. Names and labels are those of
 * kube-state-metrics.
 *
 * @see <a
 *     href="https://github.com/kubernetes/kube-state-metrics/tree/main/docs">kube-state-metrics</a>
 */
public final class AllFamilies {

  private AllFamilies() {}

  public static List<StateFamilies> list() {
    return List.of(
        new NodeFamilies(),
        namespaces(),
        new PodFamilies(),
        deployments(),
        replicaSets(),
        statefulSets(),
        daemonSets(),
        jobs(),
        cronJobs(),
        services(),
        ingresses(),
        configMaps(),
        secrets(),
        claims(),
        volumes(),
        storageClasses(),
        autoscalers());
  }

  private static StateFamilies namespaces() {
    return new FieldFamilies(Resources.NAMESPACES, "namespace", false)
        .phase("Active", "Terminating");
  }

  private static StateFamilies deployments() {
    return new FieldFamilies(Resources.DEPLOYMENTS, "deployment", true)
        .generations()
        .number("spec_replicas", "Replicas asked for", "spec", "replicas")
        .flag("spec_paused", "Whether it is paused", "spec", "paused")
        .count("status_replicas", "Replicas there are", "status", "replicas")
        .count("status_replicas_ready", "Ready replicas", "status", "readyReplicas")
        .count("status_replicas_available", "Available replicas", "status", "availableReplicas")
        .count("status_replicas_unavailable", "Replicas missing", "status", "unavailableReplicas")
        .count("status_replicas_updated", "Replicas up to date", "status", "updatedReplicas")
        .conditions();
  }

  private static StateFamilies replicaSets() {
    return new FieldFamilies(Resources.REPLICA_SETS, "replicaset", true)
        .generations()
        .owners()
        .number("spec_replicas", "Replicas asked for", "spec", "replicas")
        .count("status_replicas", "Replicas there are", "status", "replicas")
        .count("status_ready_replicas", "Ready replicas", "status", "readyReplicas")
        .count(
            "status_fully_labeled_replicas",
            "Replicas with all labels of the template",
            "status",
            "fullyLabeledReplicas");
  }

  private static StateFamilies statefulSets() {
    return new FieldFamilies(Resources.STATEFUL_SETS, "statefulset", true)
        .generations()
        .number("replicas", "Replicas asked for", "spec", "replicas")
        .count("status_replicas", "Replicas there are", "status", "replicas")
        .count("status_replicas_ready", "Ready replicas", "status", "readyReplicas")
        .count("status_replicas_available", "Available replicas", "status", "availableReplicas")
        .count(
            "status_replicas_current", "Replicas of the old revision", "status", "currentReplicas")
        .count("status_replicas_updated", "Replicas up to date", "status", "updatedReplicas");
  }

  private static StateFamilies daemonSets() {
    return new FieldFamilies(Resources.DAEMON_SETS, "daemonset", true)
        .generations()
        .count(
            "status_desired_number_scheduled",
            "Nodes that should run it",
            "status",
            "desiredNumberScheduled")
        .count(
            "status_current_number_scheduled",
            "Nodes that run it and should",
            "status",
            "currentNumberScheduled")
        .count(
            "status_number_misscheduled",
            "Nodes that run it and should not",
            "status",
            "numberMisscheduled")
        .count("status_number_ready", "Nodes on which it is ready", "status", "numberReady")
        .count(
            "status_number_available",
            "Nodes on which it is available",
            "status",
            "numberAvailable")
        .count(
            "status_number_unavailable",
            "Nodes on which it is not available",
            "status",
            "numberUnavailable")
        .count(
            "status_updated_number_scheduled",
            "Nodes on which it is up to date",
            "status",
            "updatedNumberScheduled");
  }

  private static StateFamilies jobs() {
    // Their families start with kube_job_, but the label is job_name: "job" is Prometheus' own.
    return new FieldFamilies(Resources.JOBS, "kube_job_", "job_name", true)
        .info()
        .owners()
        .number("spec_completions", "Completions asked for", "spec", "completions")
        .number("spec_parallelism", "Pods at once", "spec", "parallelism")
        .count("status_active", "Pods that run", "status", "active")
        .count("status_succeeded", "Pods that succeeded", "status", "succeeded")
        .count("status_failed", "Pods that failed", "status", "failed")
        .time("status_start_time", "Unix timestamp of the start", "status", "startTime")
        .time("status_completion_time", "Unix timestamp of the end", "status", "completionTime")
        .outcome("complete", "Complete")
        .outcome("failed", "Failed");
  }

  private static StateFamilies cronJobs() {
    return new FieldFamilies(Resources.CRON_JOBS, "cronjob", true)
        .info(
            "schedule",
            "spec.schedule",
            "concurrency_policy",
            "spec.concurrencyPolicy",
            "timezone",
            "spec.timeZone")
        .flag("spec_suspend", "Whether it is suspended", "spec", "suspend")
        .with(
            "status_active",
            "Jobs that run",
            (out, o, own) ->
                out.sample("kube_cronjob_status_active", o.at("status", "active").size(), own))
        .time(
            "status_last_schedule_time",
            "Unix timestamp of the last schedule",
            "status",
            "lastScheduleTime")
        .time(
            "status_last_successful_time",
            "Unix timestamp of the last success",
            "status",
            "lastSuccessfulTime");
  }

  private static StateFamilies services() {
    return new FieldFamilies(Resources.SERVICES, "service", true)
        .info(
            "cluster_ip",
            "spec.clusterIP",
            "external_name",
            "spec.externalName",
            "load_balancer_ip",
            "spec.loadBalancerIP")
        .with(
            "spec_type",
            "The type",
            (out, o, own) ->
                out.sample(
                    "kube_service_spec_type", 1, labels(own, "type", o.text("spec", "type"))));
  }

  private static StateFamilies ingresses() {
    return new FieldFamilies(Resources.INGRESSES, "ingress", true)
        .info("ingressclass", "spec.ingressClassName")
        .with(
            "tls",
            "The hosts with TLS",
            (out, o, own) -> {
              for (JsonNode tls : o.at("spec", "tls")) {
                for (JsonNode host : tls.path("hosts")) {
                  out.sample(
                      "kube_ingress_tls",
                      1,
                      labels(
                          own,
                          "tls_host",
                          host.asText(),
                          "secret",
                          tls.path("secretName").asText()));
                }
              }
            });
  }

  private static StateFamilies configMaps() {
    return new FieldFamilies(Resources.CONFIG_MAPS, "configmap", true).info();
  }

  private static StateFamilies secrets() {
    return new FieldFamilies(Resources.SECRETS, "secret", true)
        .info()
        .with(
            "type",
            "The type",
            (out, o, own) ->
                out.sample("kube_secret_type", 1, labels(own, "type", o.text("type"))));
  }

  private static StateFamilies claims() {
    return new FieldFamilies(Resources.PERSISTENT_VOLUME_CLAIMS, "persistentvolumeclaim", true)
        .info(
            "storageclass",
            "spec.storageClassName",
            "volumename",
            "spec.volumeName",
            "volumemode",
            "spec.volumeMode")
        .phase("Lost", "Bound", "Pending")
        .with(
            "resource_requests_storage_bytes",
            "Bytes asked for",
            (out, o, own) ->
                out.sample(
                    "kube_persistentvolumeclaim_resource_requests_storage_bytes",
                    Facts.bytes(o.at("spec", "resources", "requests", "storage")),
                    own))
        .with(
            "access_mode",
            "The access modes",
            (out, o, own) ->
                o.at("spec", "accessModes")
                    .forEach(mode ->
                        out.sample(
                            "kube_persistentvolumeclaim_access_mode",
                            1,
                            labels(own, "access_mode", mode.asText()))));
  }

  private static StateFamilies volumes() {
    return new FieldFamilies(Resources.PERSISTENT_VOLUMES, "persistentvolume", false)
        .info(
            "storageclass",
            "spec.storageClassName",
            "csi_driver",
            "spec.csi.driver",
            "csi_volume_handle",
            "spec.csi.volumeHandle",
            "local_path",
            "spec.local.path",
            "host_path",
            "spec.hostPath.path")
        .phase("Pending", "Available", "Bound", "Released", "Failed")
        .with(
            "capacity_bytes",
            "Bytes it has",
            (out, o, own) ->
                out.sample(
                    "kube_persistentvolume_capacity_bytes",
                    Facts.bytes(o.at("spec", "capacity", "storage")),
                    own))
        .with(
            "claim_ref",
            "The claim it is bound to",
            (out, o, own) -> {
              JsonNode claim = o.at("spec", "claimRef");
              if (claim.isObject()) {
                out.sample(
                    "kube_persistentvolume_claim_ref",
                    1,
                    labels(
                        own,
                        "name",
                        claim.path("name").asText(),
                        "claim_namespace",
                        claim.path("namespace").asText()));
              }
            });
  }

  private static StateFamilies storageClasses() {
    return new FieldFamilies(Resources.STORAGE_CLASSES, "storageclass", false)
        .info(
            "provisioner",
            "provisioner",
            "reclaim_policy",
            "reclaimPolicy",
            "volume_binding_mode",
            "volumeBindingMode");
  }

  private static StateFamilies autoscalers() {
    return new FieldFamilies(Resources.HORIZONTAL_POD_AUTOSCALERS, "horizontalpodautoscaler", true)
        .generations()
        .info(
            "scaletargetref_api_version",
            "spec.scaleTargetRef.apiVersion",
            "scaletargetref_kind",
            "spec.scaleTargetRef.kind",
            "scaletargetref_name",
            "spec.scaleTargetRef.name")
        .number("spec_min_replicas", "At least", "spec", "minReplicas")
        .number("spec_max_replicas", "At most", "spec", "maxReplicas")
        .count("status_current_replicas", "Replicas there are", "status", "currentReplicas")
        .count("status_desired_replicas", "Replicas there should be", "status", "desiredReplicas")
        .conditions();
  }
}
