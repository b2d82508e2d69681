package dev.coracle.metrics;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.client.fake.FakeClient;

/** A few objects as a cluster has them; single quotes stand for double ones. */
final class MetricsFixture {
  private MetricsFixture() {}

  static void put(FakeClient client, GroupVersionResource resource, String json) {
    client.put(resource, KubeObject.parse(json.replace('\'', '"')));
  }

  static String node(String name) {
    return """
    {'apiVersion':'v1','kind':'Node','metadata':{'name':'%s','labels':{'node-role.kubernetes.io/worker':'',
    'zone':'a'},'creationTimestamp':'2026-01-01T00:00:00Z'},'spec':{'podCIDR':'10.1.0.0/24',
    'taints':[{'key':'k','value':'v','effect':'NoSchedule'}]},
    'status':{'nodeInfo':{'kernelVersion':'6.18','kubeletVersion':'v1.36.0'},
    'addresses':[{'type':'InternalIP','address':'10.0.0.7'}],
    'capacity':{'cpu':'4','memory':'8Gi','pods':'110','hugepages-2Mi':'0'},
    'allocatable':{'cpu':'3900m','memory':'7Gi','pods':'110'},
    'conditions':[{'type':'Ready','status':'True'}]}}\
    """
        .formatted(name);
  }

  static String pod(String name) {
    return """
    {'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s','namespace':'shop','uid':'u1','labels':{'app':'web'},
    'creationTimestamp':'2026-01-01T00:00:00Z','ownerReferences':[{'apiVersion':'apps/v1','kind':'ReplicaSet',
    'name':'web-1','uid':'r1','controller':true}]},'spec':{'nodeName':'n1','restartPolicy':'Always',
    'containers':[{'name':'c','image':'i:1','resources':{'requests':{'cpu':'250m','memory':'64Mi'},
    'limits':{'nvidia.com/gpu':'1'}}}],'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'d'}}]},
    'status':{'phase':'Running','podIP':'10.1.0.9','hostIP':'10.0.0.7','qosClass':'Burstable',
    'startTime':'2026-01-01T00:00:01Z','conditions':[{'type':'Ready','status':'True',
    'lastTransitionTime':'2026-01-01T00:00:05Z'},{'type':'PodScheduled','status':'True'}],
    'containerStatuses':[{'name':'c','image':'i:1','imageID':'sha','containerID':'x://1','ready':true,
    'restartCount':3,'state':{'running':{'startedAt':'2026-01-01T00:00:04Z'}},
    'lastState':{'terminated':{'exitCode':137,'reason':'OOMKilled'}}}]}}\
    """
        .formatted(name);
  }
}
