package dev.coracle.scheduler.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PodRequests;
import dev.coracle.client.Informer;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.internal.queue.SchedulingQueue;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Brings what the informers see into the cache and the queue. */
public final class ClusterEvents {

  private static final String[][] DECIDING_OF_NODES = {
    {"metadata", "labels"}, {"spec"}, {"status", "allocatable"}, {"status", "declaredFeatures"},
  };

  private ClusterEvents() {}

  /** Only hands on what happened. */
  public static Informer.Handler of(ClusterEvent.Kind kind, SchedulingQueue queue) {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject object) {
        queue.happened(new ClusterEvent(kind, null, object));
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        queue.happened(new ClusterEvent(kind, before, now));
      }

      @Override
      public void deleted(KubeObject last) {
        queue.happened(new ClusterEvent(kind, last, null));
      }
    };
  }

  /** Only hands on that something has gone. */
  public static Informer.Handler ends(ClusterEvent.Kind kind, SchedulingQueue queue) {
    return new Informer.Handler() {
      @Override
      public void deleted(KubeObject last) {
        queue.happened(new ClusterEvent(kind, last, null));
      }
    };
  }

  public static Informer.Handler nodes(SchedulerCache cache, SchedulingQueue queue) {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject node) {
        cache.putNode(node);
        queue.happened(new ClusterEvent(ClusterEvent.Kind.NODE, null, node));
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        cache.putNode(now);
        for (String[] path : DECIDING_OF_NODES) {
          if (!before.at(path).equals(now.at(path))) {
            queue.happened(new ClusterEvent(ClusterEvent.Kind.NODE, before, now));
            return;
          }
        }
      }

      @Override
      public void deleted(KubeObject last) {
        cache.removeNode(last.name());
        queue.happened(new ClusterEvent(ClusterEvent.Kind.NODE, last, null));
      }
    };
  }

  public static Informer.Handler pods(
      SchedulerCache cache, SchedulingQueue queue, Set<String> schedulerNames) {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject pod) {
        if (isOver(pod)) {
          gone(pod);
        } else if (pod.text("spec", "nodeName").isEmpty()) {
          waits("", pod);
        } else {
          queue.remove(pod.uid());
          cache.unnominate(pod.uid());
          cache.putPod(new PodInfo(pod));
          queue.happened(new ClusterEvent(ClusterEvent.Kind.ASSIGNED_POD, null, pod));
        }
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        if (!before.uid().equals(now.uid())) {
          deleted(before);
          added(now);
        } else if (isOver(now)) {
          if (!isOver(before)) {
            deleted(now);
          }
        } else if (now.text("spec", "nodeName").isEmpty()) {
          waits(before.text("status", "nominatedNodeName"), now);
        } else if (before.text("spec", "nodeName").isEmpty()) {
          added(now);
        } else if (matters(before, now)) {
          cache.putPod(new PodInfo(now));
          queue.happened(new ClusterEvent(ClusterEvent.Kind.ASSIGNED_POD, before, now));
        }
      }

      @Override
      public void deleted(KubeObject last) {
        if (gone(last) || !last.text("spec", "nodeName").isEmpty()) {
          queue.happened(new ClusterEvent(ClusterEvent.Kind.ASSIGNED_POD, last, null));
        }
      }

      // It was nominated to the promised node before, where that has a name.
      private void waits(String promised, KubeObject pod) {
        if (!schedulerNames.contains(schedulerOf(pod))) {
          return;
        }
        if (pod.isDeleting()) {
          if (gone(pod)) {
            queue.happened(new ClusterEvent(ClusterEvent.Kind.ASSIGNED_POD, pod, null));
          }
          return;
        }
        String nominated = pod.text("status", "nominatedNodeName");
        if (!nominated.isEmpty() && !nominated.equals(promised)) {
          cache.nominate(new PodInfo(pod), nominated);
        } else if (nominated.isEmpty() && !promised.isEmpty()) {
          cache.unnominate(pod.uid());
        }
        if (!cache.isAssumed(pod.uid())) {
          queue.update(pod);
        }
        if (!promised.isEmpty() && !nominated.equals(promised)) {
          // Its place counted as taken; that it no longer does is as if it had gone from there.
          queue.happened(new ClusterEvent(ClusterEvent.Kind.ASSIGNED_POD, pod, null));
        }
      }

      // Whether a place was kept for it, though the API showed it on no node.
      private boolean gone(KubeObject pod) {
        boolean kept = cache.isAssumed(pod.uid()) || cache.nomination(pod.uid()) != null;
        queue.remove(pod.uid());
        cache.unnominate(pod.uid());
        cache.removePod(pod.uid());
        return kept;
      }
    };
  }

  /** Whose the pod is. */
  public static String schedulerOf(KubeObject pod) {
    String name = pod.text("spec", "schedulerName");
    return name.isEmpty() ? "default-scheduler" : name;
  }

  /** Its containers will not run any more, so it holds nothing. */
  private static boolean isOver(KubeObject pod) {
    String phase = pod.text("status", "phase");
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private static boolean matters(KubeObject before, KubeObject now) {
    return !before.at("spec").equals(now.at("spec"))
        || !before.at("metadata", "labels").equals(now.at("metadata", "labels"))
        || before.isDeleting() != now.isDeleting()
        || countsOtherwise(before, now);
  }

  /** Whether a resize has come on. Nearly always the statuses say of resources what they said. */
  private static boolean countsOtherwise(KubeObject before, KubeObject now) {
    boolean same =
        PodRequests.isResizeInfeasible(before.tree()) == PodRequests.isResizeInfeasible(now.tree())
            && saidOfResources(before).equals(saidOfResources(now));
    return !same
        && !new PodInfo(before).requests().asMap().equals(new PodInfo(now).requests().asMap());
  }

  private static List<JsonNode> saidOfResources(KubeObject pod) {
    JsonNode status = pod.at("status");
    List<JsonNode> out = new ArrayList<>();
    out.add(status.path("resources"));
    out.add(status.path("allocatedResources"));
    for (String list : List.of("containerStatuses", "initContainerStatuses")) {
      for (JsonNode container : status.path(list)) {
        out.add(container.path("resources"));
        out.add(container.path("allocatedResources"));
      }
    }
    return out;
  }
}
