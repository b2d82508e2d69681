package dev.coracle.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.protobuf.ProtobufWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Requests of all kinds that are right, and the words that changed ones are made with. */
final class FuzzRequests {

  /**
   * @param uri path and query
   */
  record Request(String method, String uri, Map<String, String> headers, byte[] body) {}

  static final List<String> PATHS =
      List.of(
          "/",
          "//",
          "..",
          "%2f",
          "%",
          "%zz",
          "api",
          "apis",
          "v1",
          "namespaces",
          "pods",
          "status",
          "watch",
          "scale",
          "apps",
          "deployments",
          "proxy",
          "log",
          "exec",
          "x",
          "%00",
          ";",
          ":80");
  static final List<String> QUERIES =
      List.of(
          "&",
          "=",
          "limit=1",
          "limit=-1",
          "continue=",
          "labelSelector=a+in+(b)",
          "resourceVersion=0",
          "resourceVersion=x",
          "resourceVersionMatch=Exact",
          "fieldSelector=metadata.name%3Da",
          "%zz",
          "watch=true&timeoutSeconds=1",
          "timeoutSeconds=-1",
          "dryRun=All",
          "fieldManager=m",
          "fieldValidation=Strict",
          "force=true",
          "pretty=true",
          "includeObject=Object",
          "sendInitialEvents=true",
          "allowWatchBookmarks=1",
          "gracePeriodSeconds=-5",
          "propagationPolicy=x",
          "timeout=1ns",
          "exact=1",
          "path=/x",
          "container=c&tailLines=-1");
  static final List<String> HEADERS =
      List.of(
          "Accept",
          "Content-Type",
          "Authorization",
          "Accept-Encoding",
          "Impersonate-User",
          "Impersonate-Group",
          "Impersonate-Extra-%zz",
          "User-Agent",
          "Audit-ID",
          "Upgrade",
          "Sec-WebSocket-Protocol",
          "If-None-Match",
          "X-Remote-User",
          "Content-Encoding");
  static final List<String> VALUES =
      List.of(
          "application/json",
          "application/vnd.kubernetes.protobuf",
          "application/yaml",
          ";",
          ",",
          ";as=Table;v=v1;g=meta.k8s.io",
          ";as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
          "q=0",
          "*/*",
          "Bearer ",
          "a.b.c",
          "Basic ",
          "application/merge-patch+json",
          "application/json-patch+json",
          "application/apply-patch+yaml",
          "application/strategic-merge-patch+json",
          "gzip",
          "SPDY/3.1",
          "base64url.bearer.authorization.k8s.io.",
          "system:serviceaccount:a:b",
          "charset=utf-8",
          "\"");
  static final List<String> BODIES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"\"",
          "{\"a\":",
          "[[",
          "null",
          "\"metadata\"",
          "\"name\"",
          "\"spec\":null",
          "\"spec\":[]",
          "\"metadata\":7",
          "\"namespace\":\"x\"",
          "\"generateName\"",
          "\"finalizers\":[7]",
          "\"ownerReferences\":[null]",
          "\"managedFields\":[{}]",
          "\"labels\":[]",
          "\"resourceVersion\":\"x\"",
          "\"kind\":\"Pod\"",
          "\"apiVersion\":\"\"",
          "\"status\":{\"a\":{}}",
          "\"op\":\"copy\"",
          "\"$patch\":\"delete\"",
          "\"path\":\"/metadata\"",
          "- ",
          "&a [*a]",
          "(((");

  private static final String POD =
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"labels\":{\"a\":\"b\"},"
          + "\"annotations\":{\"x\":\"y\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\","
          + "\"ports\":[{\"containerPort\":80}],\"env\":[{\"name\":\"E\",\"valueFrom\":{\"fieldRef\":"
          + "{\"fieldPath\":\"metadata.name\"}}}],\"resources\":{\"limits\":{\"cpu\":\"1\"}},"
          + "\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/v\"}],\"securityContext\":{\"runAsUser\":1},"
          + "\"livenessProbe\":{\"httpGet\":{\"port\":\"x\"}}}],\"volumes\":[{\"name\":\"v\",\"projected\":"
          + "{\"sources\":[{\"secret\":{\"name\":\"s\"}}]}}],\"affinity\":{\"nodeAffinity\":"
          + "{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":"
          + "[{\"key\":\"k\",\"operator\":\"In\",\"values\":[\"v\"]}]}]}}},\"topologySpreadConstraints\":"
          + "[{\"maxSkew\":1,\"topologyKey\":\"z\",\"whenUnsatisfiable\":\"DoNotSchedule\"}]}}";

  private FuzzRequests() {}

  static List<Request> all() {
    List<Request> out = new ArrayList<>();
    String ns = "/api/v1/namespaces/default";
    post(out, ns + "/configmaps", "{metadata: {name: a}, data: {k: v}, binaryData: {b: AA==}}");
    post(out, ns + "/pods?fieldValidation=Strict", POD);
    post(
        out,
        ns + "/services",
        "{metadata: {name: s}, spec: {clusterIP: 10.96.7.7, selector: {a: b},"
            + " ports: [{port: 80, nodePort: 30001, targetPort: x}], type: NodePort}}");
    post(
        out,
        ns + "/secrets",
        "{metadata: {generateName: s-}, type: kubernetes.io/tls, stringData:"
            + " {tls.crt: x, tls.key: y}}");
    post(out, ns + "/serviceaccounts", "{metadata: {name: default}}");
    post(
        out,
        ns + "/serviceaccounts/default/token",
        "{kind: TokenRequest, apiVersion:"
            + " authentication.k8s.io/v1, spec: {audiences: [a], expirationSeconds: 600,"
            + " boundObjectRef: {kind: Pod, apiVersion: v1, name: p}}}");
    post(
        out,
        ns + "/resourcequotas",
        "{metadata: {name: q}, spec: {hard: {pods: '9', cpu: 1k},"
            + " scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}}}");
    post(
        out,
        ns + "/limitranges",
        "{metadata: {name: l}, spec: {limits: [{type: Container, default:"
            + " {cpu: 1}, min: {cpu: 1m}, maxLimitRequestRatio: {cpu: 2}}]}}");
    post(
        out,
        ns + "/events",
        "{metadata: {name: e}, involvedObject: {kind: Pod, namespace: default},"
            + " reason: R, eventTime: '2026-01-02T03:04:05.000001Z', reportingComponent: c,"
            + " reportingInstance: i, action: a, type: Normal}");
    post(
        out,
        ns + "/pods/p/eviction",
        "{kind: Eviction, apiVersion: policy/v1, metadata: {name: p},"
            + " deleteOptions: {gracePeriodSeconds: 1, preconditions: {uid: x}}}");
    post(
        out,
        ns + "/pods/p/binding",
        "{kind: Binding, metadata: {name: p}, target: {kind: Node, name: n}}");
    post(
        out,
        "/api/v1/nodes",
        "{metadata: {name: n}, spec: {podCIDR: 10.1.0.0/24, taints: [{key: k,"
            + " effect: NoExecute}]}}");
    post(
        out,
        "/api/v1/namespaces",
        "{metadata: {name: b, labels: {pod-security.kubernetes.io/enforce:" + " restricted}}}");
    post(
        out,
        "/api/v1/persistentvolumes",
        "{metadata: {name: v}, spec: {capacity: {storage: 1Gi},"
            + " accessModes: [ReadWriteOnce], local: {path: /x}, claimRef: {name: c}, nodeAffinity: {required:"
            + " {nodeSelectorTerms: [{}]}}}}");
    post(
        out,
        "/apis/apps/v1/namespaces/default/deployments",
        "{metadata: {name: d}, spec: {replicas: 2,"
            + " selector: {matchLabels: {a: b}}, strategy: {rollingUpdate: {maxSurge: 25%}}, template: {metadata:"
            + " {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}");
    post(
        out,
        "/apis/batch/v1/namespaces/default/cronjobs",
        "{metadata: {name: c}, spec: {schedule:"
            + " '*/5 * * * *', timeZone: Etc/UTC, jobTemplate: {spec: {template: {spec: {restartPolicy: Never,"
            + " containers: [{name: c, image: i}]}}}}}}");
    post(
        out,
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
        "{metadata: {name: i}, spec:"
            + " {rules: [{host: a.b, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s,"
            + " port: {number: 80}}}}]}}]}}");
    post(
        out,
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "{metadata: {name: r}, rules: [{apiGroups:"
            + " [''], resources: [pods/log], verbs: [get]}], aggregationRule: {clusterRoleSelectors:"
            + " [{matchLabels: {x: y}}]}}");
    post(
        out,
        "/apis/certificates.k8s.io/v1/certificatesigningrequests",
        "{metadata: {name: c}, spec:"
            + " {signerName: a.b/c, usages: [client auth], request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS1F}}");
    post(
        out,
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        "{metadata: {name: as.x.y}, spec:"
            + " {group: x.y, scope: Namespaced, names: {plural: as, singular: a, kind: A, listKind: AList}, versions:"
            + " [{name: v1, served: true, storage: true, subresources: {status: {}, scale: {specReplicasPath:"
            + " .spec.r, statusReplicasPath: .status.r}}, additionalPrinterColumns: [{name: R, type: integer,"
            + " jsonPath: .spec.r}], selectableFields: [{jsonPath: .spec.s}], schema: {openAPIV3Schema: {type:"
            + " object, properties: {spec: {type: object, x-kubernetes-validations: [{rule: 'self.r > 0',"
            + " messageExpression: \"'x'\"}], properties: {r: {type: integer, default: 1}, s: {type: string,"
            + " pattern: '^a+$'}, l: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k],"
            + " items: {type: object, required: [k], properties: {k: {type: string}}}}}}}}}}]}}");
    post(
        out,
        "/apis/x.y/v1/namespaces/default/as",
        "{apiVersion: x.y/v1, kind: A, metadata: {name: o}, spec:"
            + " {r: 2, s: aa, l: [{k: a}]}}");
    post(
        out,
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All",
        "{metadata:"
            + " {name: v}, spec: {matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations:"
            + " [CREATE], resources: [pods]}]}, variables: [{name: n, expression: object.spec.x}], validations:"
            + " [{expression: variables.n == 1, messageExpression: \"'m'\"}]}}");
    post(
        out,
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        "{spec: {user: u, groups: [g], extra: {k:"
            + " [v]}, resourceAttributes: {verb: get, resource: pods, fieldSelector: {rawSelector: a=b}}}}");
    post(
        out,
        "/apis/authentication.k8s.io/v1/tokenreviews",
        "{spec: {token: a.b.c, audiences: [x]}}");
    post(
        out,
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
        "{metadata: {name: p}, spec:" + " {minAvailable: 50%, selector: {matchLabels: {a: b}}}}");
    post(
        out,
        "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
        "{metadata: {name: f}, spec:"
            + " {matchingPrecedence: 9000, priorityLevelConfiguration: {name: exempt}, rules: [{subjects: [{kind:"
            + " User, user: {name: nobody}}], nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['/x']}]}]}}");
    out.add(
        new Request(
            "POST",
            ns + "/pods?dryRun=All",
            Map.of("Content-Type", "application/vnd.kubernetes.protobuf"),
            ProtobufWriter.tree((ObjectNode) Json.parse(POD)).orElseThrow()));
    out.add(
        new Request(
            "POST",
            ns + "/configmaps?dryRun=All",
            Map.of("Content-Type", "application/yaml"),
            bytes("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata: {a: 'b'}\n")));
    patches(out, ns);
    reads(out, ns);
    deletes(out, ns);
    return out;
  }

  private static void patches(List<Request> out, String ns) {
    patch(
        out,
        ns + "/configmaps/a",
        "json-patch+json",
        "[{\"op\":\"add\",\"path\":\"/data/x\",\"value\":\"1\"},"
            + "{\"op\":\"test\",\"path\":\"/data/k\",\"value\":\"v\"}]");
    patch(out, ns + "/configmaps/a", "merge-patch+json", "{\"data\":{\"y\":\"2\",\"x\":null}}");
    patch(
        out,
        ns + "/pods/p?dryRun=All",
        "strategic-merge-patch+json",
        "{\"metadata\":{\"labels\":{\"q\":\"r\"}},"
            + "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"j\"}],\"$setElementOrder/containers\":[{\"name\":\"c\"}]}}");
    patch(
        out,
        ns + "/pods/p/status",
        "strategic-merge-patch+json",
        "{\"status\":{\"phase\":\"Running\",\"conditions\":"
            + "[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    patch(
        out,
        ns + "/configmaps/z?fieldManager=m&force=true",
        "apply-patch+yaml",
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"z\"},\"data\":{\"a\":\"b\"}}");
    patch(
        out,
        "/apis/apps/v1/namespaces/default/deployments/d?fieldManager=m&force=true&dryRun=All",
        "apply-patch+yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 3, template: {spec: {containers:"
            + " [{name: c, image: j}]}}}\n");
    patch(
        out,
        "/apis/apps/v1/namespaces/default/deployments/d/scale",
        "merge-patch+json",
        "{\"spec\":{\"replicas\":4}}");
    patch(
        out,
        "/apis/x.y/v1/namespaces/default/as/o",
        "merge-patch+json",
        "{\"spec\":{\"r\":5,\"l\":[{\"k\":\"b\"}]}}");
    put(out, ns + "/configmaps/a", "{metadata: {name: a, labels: {l: m}}, data: {k: w}}");
    put(
        out,
        "/apis/apps/v1/namespaces/default/deployments/d/scale",
        "{kind: Scale, apiVersion: autoscaling/v1, metadata: {name: d, namespace: default}, spec: {replicas: 1}}");
    put(
        out,
        "/api/v1/namespaces/b/finalize",
        "{kind: Namespace, apiVersion: v1, metadata: {name: b}, spec:" + " {finalizers: [x/y]}}");
    put(
        out,
        "/api/v1/nodes/n/status",
        "{metadata: {name: n}, status: {capacity: {cpu: '4'}, conditions: [{type: Ready,"
            + " status: 'True'}], addresses: [{type: InternalIP, address: 10.0.0.1}]}}");
  }

  private static void reads(List<Request> out, String ns) {
    for (String uri :
        List.of(
            ns + "/pods?limit=1&labelSelector=a+in+(b,c),!z&fieldSelector=status.phase!%3DFailed",
            ns
                + "/configmaps?limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Mywic3RhcnQiOiJhIn0",
            "/api/v1/pods?resourceVersion=1&resourceVersionMatch=NotOlderThan",
            ns + "/configmaps/a?pretty=true",
            ns
                + "/pods?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
            "/api/v1/watch/namespaces/default/configmaps/a?timeoutSeconds=1",
            ns + "/pods/p/log?container=c&tailLines=3&sinceSeconds=1",
            ns + "/services/s:80/proxy/path?x=y",
            "/api/v1/componentstatuses",
            "/api",
            "/apis",
            "/apis/apps/v1",
            "/openapi/v3/apis/apps/v1?hash=x",
            "/version",
            "/livez?verbose&exclude=etcd",
            "/.well-known/openid-configuration")) {
      out.add(new Request("GET", uri, Map.of("Accept", "application/json"), new byte[0]));
    }
    String table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    out.add(
        new Request(
            "GET", ns + "/pods?includeObject=Object", Map.of("Accept", table), new byte[0]));
    String partial =
        "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    out.add(new Request("GET", ns + "/pods", Map.of("Accept", partial), new byte[0]));
    out.add(new Request("HEAD", ns + "/pods", Map.of(), new byte[0]));
  }

  private static void deletes(List<Request> out, String ns) {
    out.add(
        new Request(
            "DELETE",
            ns + "/configmaps/z?gracePeriodSeconds=0&propagationPolicy=Orphan",
            Map.of(),
            new byte[0]));
    out.add(
        json(
            "DELETE",
            ns + "/pods/p",
            "{kind: DeleteOptions, apiVersion: v1, gracePeriodSeconds: 0, dryRun: [All],"
                + " preconditions: {uid: x, resourceVersion: '7'}, propagationPolicy: Foreground}"));
    out.add(
        json(
            "DELETE",
            ns + "/events?labelSelector=x%3Dy&dryRun=All",
            "{propagationPolicy: Background}"));
  }

  private static void post(List<Request> out, String uri, String yaml) {
    out.add(json("POST", uri, yaml));
  }

  private static void put(List<Request> out, String uri, String yaml) {
    out.add(json("PUT", uri, yaml));
  }

  private static void patch(List<Request> out, String uri, String type, String body) {
    out.add(new Request("PATCH", uri, Map.of("Content-Type", "application/" + type), bytes(body)));
  }

  /** Written as YAML for the reader's sake, sent as JSON. */
  private static Request json(String method, String uri, String yaml) {
    return new Request(
        method, uri, Map.of("Content-Type", "application/json"), Json.bytes(TestApi.tree(yaml)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
