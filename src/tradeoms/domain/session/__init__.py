"""What people do to FIX sessions: asked for, approved where it takes two, and what came of it."""
