package dev.coracle.controllers.internal.endpoints;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import java.util.List;

/** What both kinds of endpoint controllers follow: Services, and the pods that Services pick. */
abstract class ServiceFollower extends LoopController {

  private static final String[][] MATTERS = {
    {"metadata", "labels"},
    {"metadata", "deletionTimestamp"},
    {"spec", "nodeName"},
    {"status", "phase"},
    {"status", "podIP"},
    {"status", "podIPs"},
    {"status", "conditions"},
  };

  protected final Lister services;
  protected final Lister pods;

  protected ServiceFollower(String name, String eventSource, Environment env) {
    super(name, eventSource, env);
    Informer serviceInformer = env.informer(Resources.SERVICES);
    Informer podInformer = env.informer(Resources.PODS);
    this.services = serviceInformer.lister();
    this.pods = podInformer.lister();
    loop.follow(serviceInformer);
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            wake(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            for (String[] path : MATTERS) {
              if (!before.at(path).equals(now.at(path))) {
                wake(now);
                if (!before.at("metadata", "labels").equals(now.at("metadata", "labels"))) {
                  wake(before);
                }
                return;
              }
            }
          }

          @Override
          public void deleted(KubeObject last) {
            wake(last);
          }
        });
  }

  private void wake(KubeObject pod) {
    for (KubeObject service : services.list(pod.namespace())) {
      if (ServicePods.picks(service, pod)) {
        loop.enqueue(service);
      }
    }
  }

  protected List<KubeObject> podsOf(KubeObject service) {
    return pods.list(service.namespace()).stream()
        .filter(pod -> ServicePods.picks(service, pod) && ServicePods.isCandidate(pod, service))
        .toList();
  }
}
