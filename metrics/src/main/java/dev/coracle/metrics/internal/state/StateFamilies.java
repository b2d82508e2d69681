package dev.coracle.metrics.internal.state;

import dev.coracle.api.ExpositionText;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;

/** The series that objects of one resource give. Stateless. */
public interface StateFamilies {

  GroupVersionResource resource();

  /** Names the families, before any object is written. */
  void declare(ExpositionText out);

  /** Adds the series of one object. */
  void write(ExpositionText out, KubeObject object);
}
