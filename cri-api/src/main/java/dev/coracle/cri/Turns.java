package dev.coracle.cri;

/**
 * Lets others have their turn in a long walk through files. A virtual thread keeps its processor
 * while it asks the file system, so that a walk through a hundred thousand files on each processor
 * would stop the whole process. For one thread.
 */
public final class Turns {

  /** About a millisecond's worth. */
  private static final int STEPS = 128;

  private final Runnable pause;
  private int steps;

  public Turns() {
    this(Thread::yield);
  }

  /**
   * @param pause what a turn is given away by
   */
  public Turns(Runnable pause) {
    this.pause = pause;
  }

  /** A file or directory has been seen to. */
  public void step() {
    if (++steps == STEPS) {
      steps = 0;
      pause.run();
    }
  }
}
