"""Planning: words -> a scene, and words -> changes of a scene. It knows no pixels."""
